/** One contact of an audience, whose fields fill the templates for a preview or a test message. */
import type { ParseAddress } from './campaign.ts';
import { done, refuse, type Result } from './refusal.ts';

export type MergeContact = {
  readonly email: string;
  /** A JSON object as text. */
  readonly fields: string;
};

/** The refusals are about `path`. */
export const chooseContact = async (
  email: string | null,
  path: readonly string[],
  deps: { parseAddress: ParseAddress; find(email: string | null): Promise<MergeContact | undefined> },
): Promise<Result<MergeContact>> => {
  const parsed = email === null ? null : deps.parseAddress(email);
  if (parsed?.ok === false) return refuse({ code: 'BAD_INPUT', message: parsed.reason, path });
  const contact = await deps.find(parsed === null ? null : parsed.address);
  if (contact !== undefined) return done(contact);
  const message = email === null ? 'the audience has no contacts' : 'the audience has no contact with this address';
  return refuse({ code: 'NOT_FOUND', message, path });
};
