/** Puts together what works without being asked: the life of campaigns, the lanes, the recording of outcomes. */
import type { Database } from '@sendpool/database';
import type { EventLog } from '@sendpool/event-log';
import { newId } from '@sendpool/kernel';
import type { Log, Part, Tracing } from '@sendpool/service';
import { createCampaignsPublisher } from './api/events/campaigns.publisher.ts';
import { createDeferredPublisher } from './api/events/deferred.publisher.ts';
import { consumeDeliveryEvents } from './api/events/delivery-events.consumer.ts';
import { createLanes, type Lanes, type LanesDeps } from './api/events/lanes.ts';
import { createLogCheck, type LogCheck } from './api/events/log-check.ts';
import { createLoop, type Loop } from './api/events/loop.ts';
import {
  measureLanes,
  measureRecording,
  measureSlices,
  showDeferred,
  type SchedulerMetrics,
} from './api/events/scheduler-metrics.ts';
import { consumeRotationVerdicts } from './api/events/rotation-verdicts.consumer.ts';
import { followSendingConfig } from './api/events/sending-config.follower.ts';
import { createSliceTraces } from './api/events/slice-traces.ts';
import { createTrimRequests } from './api/events/trim-requests.ts';
import { createWakers, type Wakers } from './api/events/wakers.ts';
import { createTendCampaigns } from './domain/campaign-life.ts';
import type { DeferredWaiting } from './domain/deferred-waiting.ts';
import { createHeedVerdict, type HeedVerdict } from './domain/heed-verdict.ts';
import { defaultSliceLimits } from './domain/plan-slice.ts';
import { defaultRetryPolicy, type RetryPolicy } from './domain/recipient.ts';
import { createRecordEvents } from './domain/record-events.ts';
import type { SendingView } from './domain/sending-view.ts';
import { createTakeSlice, type TakeSliceDeps } from './domain/take-slice.ts';
import { unknownGraceMs, type SchedulerEnv } from './env.ts';
import { createCampaignLifeStore } from './store/campaign-life.store.ts';
import { createCampaignOutbox } from './store/campaign-outbox.store.ts';
import { createDeferredWaiting } from './store/deferred-waiting.store.ts';
import { createLaneNumbers } from './store/lane-numbers.store.ts';
import { createLaneStore, ensureLanes } from './store/lane.store.ts';
import { createRecordStore } from './store/record.store.ts';
import { createVerdictStore } from './store/verdict.store.ts';

export type DeliveryDeps = {
  env: SchedulerEnv;
  database: Database;
  eventLog: EventLog;
  sending: SendingView;
  start(campaignId: string): Promise<boolean>;
  metrics: SchedulerMetrics;
  tracing: Tracing | undefined;
  log: Log;
};

const second = 1000;

const policyOf = (env: SchedulerEnv): RetryPolicy => ({
  ...defaultRetryPolicy,
  delaysMs: env.RETRY_DELAYS_SECONDS.map((delay) => delay * second),
  maxAgeMs: env.RETRY_MAX_AGE_SECONDS * second,
  unknownGraceMs: unknownGraceMs(env),
});

const createCampaignLoop = (deps: DeliveryDeps, graceMs: number, at: { check: LogCheck; moved: () => void }): Loop => {
  const tend = createTendCampaigns({
    store: createCampaignLifeStore(deps.database),
    start: deps.start,
    moved: at.moved,
    now: Date.now,
    lanes: deps.env.LANES,
    graceMs,
  });
  return createLoop({
    name: 'campaigns',
    log: deps.log,
    turn: async () => (at.check.mayTend() && (await tend()) ? 0 : second),
  });
};

const checkOf = ({ database, eventLog, metrics, log }: DeliveryDeps): LogCheck =>
  createLogCheck({
    eventLog,
    standing: createLaneNumbers(database).standing,
    refused: (lanes) => metrics.lanesRefused.set(lanes),
    ahead: (campaigns) => metrics.campaignsAhead.set(campaigns),
    log,
    now: Date.now,
  });

const takeSliceOf = ({ env, metrics, tracing }: DeliveryDeps, deps: TakeSliceDeps): LanesDeps['takeSlice'] => {
  if (tracing === undefined) return measureSlices(createTakeSlice(deps), metrics);
  const traces = createSliceTraces(tracing, env.OTEL_TRACES_SAMPLER_ARG);
  return traces.around(measureSlices(createTakeSlice({ ...deps, traceOf: traces.traceOf }), metrics));
};

const lanesOf = (deps: DeliveryDeps, policy: RetryPolicy, at: { wakers: Wakers; check: LogCheck }): Lanes => {
  const store = createLaneStore(deps.database);
  return createLanes({
    leases: store,
    owner: newId(),
    takeSlice: takeSliceOf(deps, { store, limits: defaultSliceLimits, policy }),
    eventLog: deps.eventLog,
    ...at,
    metrics: deps.metrics,
    log: deps.log,
  });
};

const deferredOf = ({ database, metrics }: DeliveryDeps): DeferredWaiting => {
  const store = createDeferredWaiting(database);
  return {
    deferredWaiting: async () => {
      const waiting = await store.deferredWaiting();
      showDeferred(metrics, waiting);
      return waiting;
    },
  };
};

const heedOf = ({ database, log }: DeliveryDeps, changed: () => void): HeedVerdict =>
  createHeedVerdict({
    store: createVerdictStore(database),
    changed,
    onPaused: (campaignIds, { id, words }) => log.warn({ campaignIds, verdict: id }, `campaigns were paused: ${words}`),
  });

/** `changed` is to be called when a campaign has a new revision. */
export const createDelivery = (deps: DeliveryDeps): { parts: Part[]; changed(): void } => {
  const { database, eventLog, sending, metrics, log } = deps;
  const policy = policyOf(deps.env);
  const wakers = createWakers();
  const check = checkOf(deps);
  const publisher = createCampaignsPublisher({
    eventLog,
    outbox: createCampaignOutbox(database),
    acknowledged: wakers.wakeAll,
    ahead: check.campaignsAhead,
    log,
  });
  const campaigns = createCampaignLoop(deps, policy.unknownGraceMs, { check, moved: publisher.wake });
  const lanes = lanesOf(deps, policy, { wakers, check });
  const record = createRecordEvents({ store: createRecordStore(database), policy, random: Math.random });
  const changed = (): void => {
    publisher.wake();
    campaigns.wake();
  };
  const parts: Part[] = [
    followSendingConfig({ eventLog, view: sending, log }),
    publisher,
    campaigns,
    check,
    { name: 'lane rows', start: async () => void (await ensureLanes(database.sql, deps.env.LANES)) },
    consumeDeliveryEvents({
      eventLog,
      record: measureRecording(record, metrics),
      check,
      assigned: lanes.own,
      settled: wakers.settled,
      metrics,
      tracing: deps.tracing,
      log,
    }),
    consumeRotationVerdicts({ eventLog, heed: heedOf(deps, changed), log }),
    // Stopped before the group is left: the next owners find the leases free.
    lanes,
    createDeferredPublisher({
      eventLog,
      store: deferredOf(deps),
      serverIds: sending.serverIds,
      source: newId(),
      now: Date.now,
      log,
    }),
    createTrimRequests({ eventLog, log }),
    measureLanes({ eventLog, numbers: createLaneNumbers(database), metrics, log }),
  ];
  return { parts, changed };
};
