/** What one contact of its audience would get of a campaign as it is now. Nothing is sent. */
import { AppError } from '@sendpool/kernel';
import type { Campaign, ParseAddress } from './campaign.ts';
import { chooseContact, type MergeContact } from './choose-contact.ts';

export type MessagePreview = {
  readonly contactEmail: string;
  readonly subject: string;
  readonly html: string | null;
  readonly text: string | null;
  /** Fields that the templates looked up and the contact does not have. */
  readonly missingFields: readonly string[];
};

/** By the code that makes the mail; handed in, because it lives with the SMTP adapter. Throws AppError BAD_INPUT. */
export type RenderPreview = (campaign: Campaign, contact: MergeContact) => Omit<MessagePreview, 'contactEmail'>;

export type PreviewAsked = {
  readonly campaign: Campaign;
  /** Null: the contact that was made first. */
  readonly email: string | null;
  /** Looks in the audience of the campaign. */
  find(email: string | null): Promise<MergeContact | undefined>;
  /** Runs the work when it is its turn: rendering may take long. */
  inTurn<T>(work: () => T): Promise<T>;
};

/** Throws AppError BAD_INPUT for an address that is none and for templates that cannot be rendered, NOT_FOUND without such a contact. */
export const createPreviewMessage =
  (deps: { parseAddress: ParseAddress; render: RenderPreview }) =>
  async ({ campaign, email, find, inTurn }: PreviewAsked): Promise<MessagePreview> => {
    const contact = await chooseContact(email, 'email', { parseAddress: deps.parseAddress, find });
    if (!contact.ok) throw new AppError(contact.errors[0]!.code, contact.errors[0]!.message);
    const preview = await inTurn(() => deps.render(campaign, contact.value));
    return { contactEmail: contact.value.email, ...preview };
  };
