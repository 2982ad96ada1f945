/** Delivery events in GraphQL: as a stream of pages, and page by page. */
import { pageArguments, type RequestContext } from '@sendpool/graphql';
import { matchesOf } from '../../domain/event-filter.ts';
import { placeAfter, type EventPage } from '../../domain/event-pager.ts';
import { cursorOf } from '../../domain/event-places.ts';
import type { AskedOfClient, LiveDeliveryEvents } from '../events/delivery-events.live.ts';
import type { DeliveryEventPageResolvers, DeliveryEventResolvers, DeliveryOutcome } from './schema.generated.ts';
import type {
  QueryDeliveryEventsArgs,
  SmtpReplyResolvers,
  SubscriptionDeliveryEventsArgs,
} from './schema.generated.ts';

/** An event by its place in its page: most clients ask for no cursor of single events, and pay nothing for them. */
export type PlacedEvent = { readonly page: EventPage; readonly index: number };

const askedOf = ({ after, filter }: SubscriptionDeliveryEventsArgs, { signal }: RequestContext): AskedOfClient => ({
  after: after ?? null,
  matches: matchesOf(filter ?? {}),
  signal,
});

const eventOf = ({ page, index }: PlacedEvent) => page.events[index]!.event;

const keyOf = (id: string | null) => (id === null ? null : { id });

const event: DeliveryEventResolvers = {
  id: (placed) => {
    const { lane, sequence, outcome } = eventOf(placed);
    return `${lane}-${sequence}-${outcome}`;
  },
  cursor: ({ page, index }) => cursorOf(placeAfter(page, index)),
  at: (placed) => new Date(eventOf(placed).at),
  // RELEASED ones are not in a page.
  outcome: (placed) => eventOf(placed).outcome as DeliveryOutcome,
  campaign: (placed) => ({ id: eventOf(placed).campaignId }),
  recipientNumber: (placed) => eventOf(placed).recipient,
  tryNumber: (placed) => eventOf(placed).tryNumber,
  pool: (placed) => keyOf(eventOf(placed).poolId),
  server: (placed) => keyOf(eventOf(placed).serverId),
  provider: (placed) => eventOf(placed).provider,
  reply: (placed) => eventOf(placed).reply,
  bounceClass: (placed) => eventOf(placed).bounceClass,
  reason: (placed) => eventOf(placed).reason,
  hops: (placed) =>
    eventOf(placed).hops.map(({ serverId, stage, error }) => ({ server: { id: serverId }, stage, error })),
  latencyMs: (placed) => eventOf(placed).latencyMs,
};

// Senders report 0 for what no SMTP server said.
const reply: SmtpReplyResolvers = { code: ({ code }) => code || null };

const page: DeliveryEventPageResolvers = {
  nodes: (found) => found.events.map((_, index) => ({ page: found, index })),
  endCursor: ({ to }) => cursorOf(to),
};

export const createDeliveryEventResolvers = (events: Pick<LiveDeliveryEvents, 'stream' | 'page'>) => ({
  DeliveryEvent: event,
  SmtpReply: reply,
  DeliveryEventPage: page,
  query: (_: object, args: QueryDeliveryEventsArgs, context: RequestContext): Promise<EventPage> =>
    events.page(askedOf(args, context), pageArguments(args.first ?? 100, undefined).first),
  subscription: {
    subscribe: (_: object, args: SubscriptionDeliveryEventsArgs, context: RequestContext) =>
      events.stream(askedOf(args, context)),
    resolve: (found: EventPage) => found,
  },
});
