/** Turns records of the log, and what the scheduler finds itself, into messages: which webhook gets which events, and what the JSON says. The words are a contract with receivers: docs/webhooks.md. */
import type { CampaignStatus, OutcomeEvent, RotationVerdict } from '@sendpool/contracts';
import { webhookEvents, type Webhook, type WebhookEvent } from './webhook.ts';
import type { RecipientKey } from './record-store.ts';

type OutcomeFacts =
  | 'lane'
  | 'sequence'
  | 'campaignId'
  | 'recipient'
  | 'tryNumber'
  | 'at'
  | 'poolId'
  | 'serverId'
  | 'reply'
  | 'bounceClass'
  | 'reason';

/** How a try came out, or that there will be no other one. `provider`: null where no sender told. */
export type WebhookOutcome = Readonly<Pick<OutcomeEvent, OutcomeFacts>> & {
  readonly outcome: OutcomeEvent['outcome'] | 'EXPIRED';
  readonly provider: string | null;
};

/** A campaign that has come to another status with this revision. */
export type CampaignStep = {
  readonly id: string;
  readonly name: string;
  readonly status: CampaignStatus;
  readonly revision: number;
  readonly pausedReason: string | null;
};

/** What somebody may want. `offset`: of its record; 0 for what is not in the log. */
export type WebhookItem = { readonly offset: number } & (
  | { readonly kind: 'OUTCOME'; readonly event: WebhookOutcome }
  | { readonly kind: 'VERDICT'; readonly verdict: RotationVerdict }
  | { readonly kind: 'CAMPAIGN'; readonly campaign: CampaignStep }
);

/** A webhook that is enabled; `from`: the first offset of the partition that is for it. */
export type Subscriber = Pick<Webhook, 'id' | 'events' | 'campaignId'> & { readonly from: number };

export type NewMessage = {
  readonly webhookId: string;
  readonly body: string;
  readonly eventCount: number;
};

const messageEvents = 100;

const names: ReadonlySet<string> = new Set(webhookEvents);

const nameOf = (item: WebhookItem): string => {
  if (item.kind === 'OUTCOME') return item.event.outcome;
  return item.kind === 'VERDICT' ? 'ROTATION_VERDICT' : 'CAMPAIGN_STATUS';
};

const eventOf = (item: WebhookItem): WebhookEvent | undefined => {
  const name = nameOf(item);
  return names.has(name) ? (name as WebhookEvent) : undefined;
};

const concerns = (item: WebhookItem, campaignId: string): boolean => {
  if (item.kind === 'OUTCOME') return item.event.campaignId === campaignId;
  return item.kind === 'VERDICT' ? item.verdict.campaignIds.includes(campaignId) : item.campaign.id === campaignId;
};

/** True for what the webhook asked for, and what came after it was made. */
const isFor = ({ from, events, campaignId }: Subscriber, item: WebhookItem): boolean => {
  const event = eventOf(item);
  if (event === undefined || item.offset < from || !events.includes(event)) return false;
  return campaignId === null || concerns(item, campaignId);
};

/** The recipients whose addresses are needed. */
export const wantedKeys = (items: readonly WebhookItem[], subscribers: readonly Subscriber[]): RecipientKey[] =>
  items.flatMap((item) =>
    item.kind === 'OUTCOME' && subscribers.some((subscriber) => isFor(subscriber, item))
      ? [{ campaignId: item.event.campaignId, recipient: item.event.recipient }]
      : [],
  );

export const addressKey = ({ campaignId, recipient }: RecipientKey): string => `${campaignId}:${recipient}`;

/** Address by `addressKey`; a recipient that is not there has none. */
export type Addresses = ReadonlyMap<string, string>;

/** The same for every record of the same outcome, wherever it lies in the log. */
const idOf = ({ lane, sequence, outcome }: WebhookOutcome): string => `${lane}-${sequence}-${outcome}`;

const isoOf = (ms: number): string => new Date(ms).toISOString();

const eventJson = (event: WebhookOutcome, addresses: Addresses): object => ({
  id: idOf(event),
  outcome: event.outcome,
  at: isoOf(event.at),
  campaignId: event.campaignId,
  recipient: event.recipient,
  email: addresses.get(addressKey(event)) ?? null,
  tryNumber: event.tryNumber,
  poolId: event.poolId,
  serverId: event.serverId,
  provider: event.provider,
  reply: event.reply,
  bounceClass: event.bounceClass,
  reason: event.reason,
});

const verdictJson = ({ at, ...verdict }: RotationVerdict): object => ({ ...verdict, at: isoOf(at) });

/** The body of a message; `timestamp` is when it was made. */
export const messageBody = (type: string, data: object, now: Date): string =>
  JSON.stringify({ type, timestamp: now.toISOString(), data });

type Known = { readonly addresses: Addresses; readonly now: Date };

const eventMessages = (
  webhookId: string,
  events: readonly WebhookOutcome[],
  { addresses, now }: Known,
): NewMessage[] => {
  const messages: NewMessage[] = [];
  for (let start = 0; start < events.length; start += messageEvents) {
    const some = events.slice(start, start + messageEvents).map((event) => eventJson(event, addresses));
    const body = messageBody('delivery.events', { events: some }, now);
    messages.push({ webhookId, body, eventCount: some.length });
  }
  return messages;
};

const campaignJson = ({ id, name, status, revision, pausedReason }: CampaignStep): object => ({
  id: `${id}-${revision}`,
  campaignId: id,
  name,
  status,
  reason: pausedReason,
});

/** What is a message of its own. */
const singleMessages = (webhookId: string, items: readonly WebhookItem[], { now }: Known): NewMessage[] => {
  const message = (type: string, data: object): NewMessage[] => [
    { webhookId, body: messageBody(type, data, now), eventCount: 1 },
  ];
  return items.flatMap((item) => {
    if (item.kind === 'VERDICT') return message('rotation.verdict', verdictJson(item.verdict));
    return item.kind === 'CAMPAIGN' ? message('campaign.status', campaignJson(item.campaign)) : [];
  });
};

/** At most 100 events in a message, in the order of the log; each verdict, and each step of a campaign, is a message of its own. */
export const messagesFor = (
  items: readonly WebhookItem[],
  subscribers: readonly Subscriber[],
  known: Known,
): NewMessage[] =>
  subscribers.flatMap((subscriber) => {
    const wanted = items.filter((item) => isFor(subscriber, item));
    const events = wanted.flatMap((item) => (item.kind === 'OUTCOME' ? [item.event] : []));
    return [...eventMessages(subscriber.id, events, known), ...singleMessages(subscriber.id, wanted, known)];
  });
