/** Records batches of delivery events: what they do to recipients, counters and pools, in one transaction with the position in the log. */
import { AppError } from '@sendpool/kernel';
import type { DeliveryEvent, OutcomeEvent } from '@sendpool/contracts';
import { applyEvent, isBusy, type EventContext } from './apply-event.ts';
import { countChanges } from './counters.ts';
import { isCampaignReason, isPoolReason, serversFailedReason, struck, type PoolPause } from './pool-pause.ts';
import type { CampaignRow, RecipientChange, RecipientRow, RetryPolicy } from './recipient.ts';
import { untoldEnd } from './untold-end.ts';
import type { WebhookOutcome } from './webhook-messages.ts';
import type { HeldBack, Loaded, RecipientKey, RecordChanges, RecordStore, SequenceRange } from './record-store.ts';

/** Consumer group of the schedulers on delivery-events. */
export const schedulerGroup = 'sendpool.scheduler';

type EventBatch = {
  readonly partition: number;
  /** Offset after the last record of the batch. */
  readonly next: number;
  readonly events: readonly { readonly offset: number; readonly event: DeliveryEvent }[];
};

export type RecordEvents = {
  /** Reads the positions of the partitions that are ours from now on; returns where to read from. */
  assigned(partitions: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** Resolves with the number of recipients changed once that is durable. Throws AppError CONFLICT when somebody else has recorded meanwhile. */
  record(batch: EventBatch): Promise<number>;
};

export type RecordEventsDeps = { readonly store: RecordStore; readonly policy: RetryPolicy; random(): number };

/** The work on one batch, changed in place. */
type Draft = {
  readonly loaded: Loaded;
  readonly rules: Pick<RecordEventsDeps, 'policy' | 'random'>;
  readonly campaigns: ReadonlyMap<number, CampaignRow>;
  readonly campaignNumbers: ReadonlyMap<string, number>;
  readonly rows: Map<string, RecipientRow>;
  readonly pauses: Map<string, PoolPause>;
  readonly busy: Set<string>;
  /** By campaign and lane. */
  readonly held: Map<string, HeldBack>;
  readonly untold: WebhookOutcome[];
};

const keyOf = (campaign: number, recipient: number): string => `${campaign}:${recipient}`;

const openDraft = (loaded: Loaded, rules: Draft['rules']): Draft => ({
  loaded,
  rules,
  campaigns: new Map(loaded.campaigns.map((campaign) => [campaign.number, campaign])),
  campaignNumbers: new Map(loaded.campaigns.map((campaign) => [campaign.id, campaign.number])),
  rows: new Map(loaded.rows.map((row) => [keyOf(row.campaign, row.number), row])),
  pauses: new Map(loaded.pauses.map((pause) => [pause.poolId, pause])),
  busy: new Set(),
  held: new Map(),
  untold: [],
});

const hasFoundServer = ({ serverId, reason }: OutcomeEvent): boolean =>
  serverId !== null || reason === serversFailedReason;

/** A message that came back because no server may send pauses its pool; one that was tried ends the pause. */
const notePool = (draft: Draft, event: OutcomeEvent, campaign: CampaignRow): void => {
  const poolId = event.poolId ?? campaign.poolId;
  const pause = draft.pauses.get(poolId);
  const { now } = draft.loaded;
  if (event.outcome === 'RELEASED' && isPoolReason(event.reason)) {
    draft.pauses.set(poolId, struck(pause, poolId, { now, policy: draft.rules.policy, reason: event.reason }));
  } else if (hasFoundServer(event) && pause !== undefined && pause.strikes > 0) {
    draft.pauses.set(poolId, { ...pause, strikes: 0, until: now });
  }
};

const noteHeld = (draft: Draft, event: OutcomeEvent, { campaign, lane }: RecipientRow): void => {
  if (event.outcome === 'RELEASED' && isCampaignReason(event.reason))
    draft.held.set(keyOf(campaign, lane), { campaign, lane, reason: event.reason, at: draft.loaded.now });
};

const applyTo = (draft: Draft, key: string, event: DeliveryEvent): void => {
  const row = draft.rows.get(key);
  const campaign = row && draft.campaigns.get(row.campaign);
  if (row === undefined || campaign === undefined) return;
  const context: EventContext = { campaign, now: draft.loaded.now, ...draft.rules };
  const after = applyEvent(row, event, context);
  if (after === row) return;
  draft.rows.set(key, after);
  const untold = untoldEnd({ before: row, after, campaign }, event);
  if (untold !== undefined) draft.untold.push(untold);
  if (event.type === 'OUTCOME') {
    notePool(draft, event, campaign);
    noteHeld(draft, event, row);
  }
  if (isBusy(event)) draft.busy.add(key);
};

const applyToDraft = (draft: Draft, event: DeliveryEvent): void => {
  if (event.type !== 'OUTCOME') {
    for (const key of draft.rows.keys()) applyTo(draft, key, event);
    return;
  }
  const campaign = draft.campaignNumbers.get(event.campaignId);
  if (campaign !== undefined) applyTo(draft, keyOf(campaign, event.recipient), event);
};

const changesOf = (draft: Draft): RecordChanges => {
  const changes: RecipientChange[] = [];
  for (const before of draft.loaded.rows) {
    const after = draft.rows.get(keyOf(before.campaign, before.number))!;
    if (after !== before) changes.push({ before, after });
  }
  const isReturned = ({ after }: RecipientChange): boolean => draft.busy.has(keyOf(after.campaign, after.number));
  const before = new Map(draft.loaded.pauses.map((pause) => [pause.poolId, pause]));
  return {
    changes,
    counters: countChanges(changes, draft.loaded.now, isReturned),
    held: [...draft.held.values()],
    untold: draft.untold,
    pools: [...draft.pauses.values()].filter((pause) => before.get(pause.poolId) !== pause),
  };
};

/** What the events, in log order, do to what was loaded for them. */
export const decideEvents = (
  events: readonly DeliveryEvent[],
  loaded: Loaded,
  rules: Pick<RecordEventsDeps, 'policy' | 'random'>,
): RecordChanges => {
  const draft = openDraft(loaded, rules);
  for (const event of events) applyToDraft(draft, event);
  return changesOf(draft);
};

const keysOf = (events: readonly DeliveryEvent[]): RecipientKey[] =>
  events.filter((event) => event.type === 'OUTCOME').map(({ campaignId, recipient }) => ({ campaignId, recipient }));

const rangesOf = (events: readonly DeliveryEvent[]): SequenceRange[] =>
  events.flatMap((event): SequenceRange[] => {
    if (event.type === 'GAP') return [{ lane: event.lane, from: event.from, to: event.to }];
    return event.type === 'LOST' ? [{ lane: event.lane, from: 0, to: event.upTo }] : [];
  });

const recordBatch = async (deps: RecordEventsDeps, batch: EventBatch, expected: number): Promise<number> => {
  const events = batch.events.filter(({ offset }) => offset >= expected).map(({ event }) => event);
  const { partition, next } = batch;
  let changed = 0;
  const request = { partition, expected, next, keys: keysOf(events), ranges: rangesOf(events) };
  const result = await deps.store.apply(request, (loaded) => {
    const decided = decideEvents(events, loaded, deps);
    changed = decided.changes.length;
    return decided;
  });
  if (result === 'MOVED') throw new AppError('CONFLICT', `partition ${partition} was recorded by another process`);
  return changed;
};

export const createRecordEvents = (deps: RecordEventsDeps): RecordEvents => {
  let positions = new Map<number, number>();
  return {
    assigned: async (partitions) => {
      positions = new Map(await deps.store.positions(partitions));
      return positions;
    },
    record: async (batch) => {
      const held = positions;
      const expected = held.get(batch.partition);
      if (expected === undefined) throw new Error(`partition ${batch.partition} was never assigned`);
      if (batch.next <= expected) return 0;
      const changed = await recordBatch(deps, batch, expected);
      held.set(batch.partition, batch.next);
      return changed;
    },
  };
};
