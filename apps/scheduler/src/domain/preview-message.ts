/** What one contact of its audience would get of a campaign as it is now. Nothing is sent. */
import { isAppError } from '@sendpool/kernel';
import type { Campaign, ParseAddress } from './campaign.ts';
import { chooseContact, type MergeContact } from './choose-contact.ts';
import { done, refuse, type Result } from './refusal.ts';

export type MessagePreview = {
  readonly contactEmail: string;
  readonly subject: string;
  readonly html: string | null;
  readonly text: string | null;
  /** Fields that the templates looked up and the contact does not have. */
  readonly missingFields: readonly string[];
};

/** By the code that makes the mail; handed in, because it lives with the SMTP adapter. Throws AppError BAD_INPUT. */
type RenderPreview = (campaign: Campaign, contact: MergeContact) => Omit<MessagePreview, 'contactEmail'>;

export type PreviewAsked = {
  readonly campaign: Campaign;
  /** Null: the contact that was made first. */
  readonly contactEmail: string | null;
  /** Looks in the audience of the campaign. */
  find(email: string | null): Promise<MergeContact | undefined>;
  /** Runs the work when it is its turn: rendering may take long. */
  inTurn<T>(work: () => T): Promise<T>;
};

type PreviewDeps = { parseAddress: ParseAddress; render: RenderPreview };

/** Templates that fail on the fields of the contact are the author's to mend: refused, with part and line in the message. */
const renderFor = (contact: MergeContact, campaign: Campaign, render: RenderPreview): Result<MessagePreview> => {
  try {
    return done({ contactEmail: contact.email, ...render(campaign, contact) });
  } catch (error) {
    if (!isAppError(error, 'BAD_INPUT')) throw error;
    return refuse({ code: 'BAD_INPUT', message: error.message, path: null });
  }
};

/** Rejects when `inTurn` gives no turn. */
export const createPreviewMessage =
  ({ parseAddress, render }: PreviewDeps) =>
  async ({ campaign, contactEmail, find, inTurn }: PreviewAsked): Promise<Result<MessagePreview>> => {
    const contact = await chooseContact(contactEmail, ['contactEmail'], { parseAddress, find });
    return contact.ok ? inTurn(() => renderFor(contact.value, campaign, render)) : contact;
  };
