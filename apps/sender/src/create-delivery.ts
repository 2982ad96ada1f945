/** Puts the keeper of the lanes and the dispatcher together with the real transports, the event log and the settings of this process. */
import type { CampaignRecord } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import { sleep, systemClock } from '@sendpool/kernel';
import type { Log } from '@sendpool/service';
import { compileCampaign } from '@sendpool/smtp';
import { createPublishEvents } from './api/events/delivery-events.publisher.ts';
import { createRequestReader } from './api/events/send-requests.reader.ts';
import { createCampaigns, type Campaigns, type Compile } from './delivery/campaigns.ts';
import type { DeliverySettings } from './delivery/context.ts';
import { createDispatcher, type Dispatcher } from './delivery/dispatcher.ts';
import { breakerLimits } from './domain/breaker.ts';
import { createLaneKeeper, defaultLaneKeeperLimits } from './domain/lane-keeper.ts';
import type { LaneAlarm, LaneKeeper, LaneKeeperLimits } from './domain/lane-types.ts';
import { domainOf } from './domain/provider.ts';
import type { SenderEnv } from './env.ts';
import { messageIdSecret } from './message-id-secret.ts';
import type { MessageTraces } from './message-traces.ts';
import type { SenderMetrics } from './sender-metrics.ts';
import { createTransports } from './transports.ts';

export type DeliveryOptions = {
  env: SenderEnv;
  eventLog: EventLog;
  log: Log;
  metrics: SenderMetrics;
  traces: MessageTraces | undefined;
};

/** Running conversations may take this long to end before lanes are given up; the keeper commits what they leave before it has passed. */
export const consumerDrainMs = defaultLaneKeeperLimits.drainMs + 1000;

/** Messages of a campaign in a lane that are offered and not started, at most. Crowds of ten mailbox providers take less than these. */
const offeredOf = (env: SenderEnv): number => 4 * env.STARTED_PER_LANE;

const limitsOf = (env: SenderEnv): LaneKeeperLimits => ({
  ...defaultLaneKeeperLimits,
  started: env.STARTED_PER_LANE,
  offered: offeredOf(env),
});

/** Stats counts within about a second; a quota that waits for it longer would only stand still. */
const usageWaitMs = 5000;

const settingsOf = (env: SenderEnv): DeliverySettings => ({
  breaker: {
    ...breakerLimits,
    failures: env.BREAKER_FAILURES,
    baseMs: env.BREAKER_BASE_SECONDS * 1000,
    slowStartMs: env.SLOW_START_SECONDS * 1000,
  },
  lanes: env.LANES,
  idleMs: env.IDLE_CONNECTION_SECONDS * 1000,
  maxReadAhead: 128,
  maxAside: offeredOf(env) / 4,
  usageWaitMs,
});

const compileWith =
  (secret: string): Compile =>
  ({ id, from, replyTo, subject, html, text }: CampaignRecord) =>
    compileCampaign({ id, from, replyTo, subject, html, text, messageIdDomain: domainOf(from.address), secret });

/** Says each campaign that cannot be compiled once, not once for each of its recipients. */
const reportBadContent = (log: Log): ((campaignId: string, error: unknown) => void) => {
  const said = new Set<string>();
  return (campaignId, error) => {
    if (said.has(campaignId)) return;
    said.add(campaignId);
    log.error({ campaignId, error }, 'a campaign cannot be sent: its content does not compile');
  };
};

const createKeeper = (
  { env, eventLog, log, metrics, traces }: DeliveryOptions,
  campaigns: Campaigns,
  dispatcher: () => Dispatcher,
): LaneKeeper =>
  createLaneKeeper({
    ...createRequestReader(eventLog),
    publishEvents: traces?.publishing(createPublishEvents(eventLog)) ?? createPublishEvents(eventLog),
    campaignRevision: (campaignId) => campaigns.get(campaignId)?.revision,
    onReady: (message) => {
      const { trace } = message.request;
      if (trace !== undefined) traces?.step(trace, 'OFFERED');
      dispatcher().offer(message);
    },
    onWithdrawn: (messages) => {
      traces?.withdrawn(messages);
      dispatcher().withdraw(messages);
    },
    onAlarm: (alarm: LaneAlarm) => {
      metrics.alarm(alarm.code);
      log.error(alarm, 'a lane needs a look');
    },
    clock: systemClock,
    sleep,
    limits: limitsOf(env),
  });

/** Longest wait for the ends of conversations that outlived their lanes. */
const lastWordsMs = 15_000;

/**
 * Ends the delivery after its lanes were given up. A conversation that is slow to end is in doubt for the next owner of its lane: its
 * own word, when it comes in time, replaces that doubt.
 */
export const closeDelivery = async (
  { keeper, dispatcher }: { keeper: Pick<LaneKeeper, 'hasUnreported'>; dispatcher: Pick<Dispatcher, 'close'> },
  deadlineMs: number,
): Promise<void> => {
  const end = systemClock.monotonic() + Math.min(lastWordsMs, deadlineMs - 2000);
  while (keeper.hasUnreported() && systemClock.monotonic() < end) await sleep(50);
  dispatcher.close();
};

export const createDelivery = (options: DeliveryOptions): { keeper: LaneKeeper; dispatcher: Dispatcher } => {
  const { env, log, metrics, traces } = options;
  const campaigns = createCampaigns(compileWith(messageIdSecret(env.CREDENTIALS_KEY)));
  const keeper = createKeeper(options, campaigns, () => dispatcher);
  const dispatcher: Dispatcher = createDispatcher({
    keeper,
    campaigns,
    ...createTransports(env),
    clock: systemClock,
    random: Math.random,
    observer: { ...metrics.observer, badContent: reportBadContent(log), ...(traces && { traced: traces.step }) },
    settings: settingsOf(env),
  });
  return { keeper, dispatcher };
};
