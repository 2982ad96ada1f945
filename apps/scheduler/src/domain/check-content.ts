/** What the content of a campaign must be before anything is sent with it. */
import { checkName } from '@sendpool/contracts';
import type { CampaignContent, CheckTemplates, ParseAddress } from './campaign.ts';
import { badInput, type Refusal } from './refusal.ts';

export type ContentRules = { parseAddress: ParseAddress; checkTemplates: CheckTemplates };

const maxTemplate = 512 * 1024;

// Header values with a control character could smuggle a header in.
const hasControl = (text: string): boolean => /\p{Cc}/u.test(text);

const lineFaults = (text: string, path: readonly string[], what: string): Refusal[] =>
  hasControl(text) ? [badInput(`${what} must not contain line breaks or control characters`, ...path)] : [];

const addressFaults = (text: string, path: readonly string[], parseAddress: ParseAddress): Refusal[] => {
  const parsed = parseAddress(text);
  return parsed.ok ? [] : [badInput(parsed.reason, ...path)];
};

const nameFaults = (text: string): Refusal[] => {
  const checked = checkName(text);
  return checked.ok ? [] : [badInput(checked.message, 'name')];
};

/** No database takes a NUL, and no mail may hold one (RFC 5322, 2.3). */
const bodyFaults = (body: string | null, part: 'html' | 'text'): Refusal[] => {
  if (body === null) return [];
  if (body.length > maxTemplate) return [badInput(`${part} has at most 524,288 characters`, part)];
  return body.includes('\0') ? [badInput(`${part} must not contain NUL characters`, part)] : [];
};

/** Every fault at once; empty when the content can be sent. */
export const checkContent = (content: CampaignContent, rules: ContentRules): Refusal[] => [
  ...nameFaults(content.name),
  ...(content.from.name.length > 200 ? [badInput('the name has at most 200 characters', 'from', 'name')] : []),
  ...lineFaults(content.from.name, ['from', 'name'], 'the name'),
  ...addressFaults(content.from.address, ['from', 'address'], rules.parseAddress),
  ...(content.replyTo === null ? [] : addressFaults(content.replyTo, ['replyTo'], rules.parseAddress)),
  ...(content.subject.trim().length === 0 || content.subject.length > 2000
    ? [badInput('the subject must have 1 to 2,000 characters', 'subject')]
    : []),
  ...lineFaults(content.subject, ['subject'], 'the subject'),
  ...bodyFaults(content.html, 'html'),
  ...bodyFaults(content.text, 'text'),
  ...rules.checkTemplates(content),
];
