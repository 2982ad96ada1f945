/** What the content of a campaign must be before anything is sent with it. */
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

const sizeFaults = (content: CampaignContent): Refusal[] =>
  (['html', 'text'] as const)
    .filter((part) => (content[part]?.length ?? 0) > maxTemplate)
    .map((part) => badInput('the template must be below 512 KiB', part));

/** Every fault at once; empty when the content can be sent. */
export const checkContent = (content: CampaignContent, rules: ContentRules): Refusal[] => [
  ...(content.name.trim().length === 0 || content.name.length > 200
    ? [badInput('the name must have 1 to 200 characters', 'name')]
    : []),
  ...(content.from.name.length > 200 ? [badInput('the name must be below 200 characters', 'from', 'name')] : []),
  ...lineFaults(content.from.name, ['from', 'name'], 'the name'),
  ...addressFaults(content.from.address, ['from', 'address'], rules.parseAddress),
  ...(content.replyTo === null ? [] : addressFaults(content.replyTo, ['replyTo'], rules.parseAddress)),
  ...(content.subject.trim().length === 0 || content.subject.length > 2000
    ? [badInput('the subject must have 1 to 2,000 characters', 'subject')]
    : []),
  ...lineFaults(content.subject, ['subject'], 'the subject'),
  ...sizeFaults(content),
  ...rules.checkTemplates(content),
];
