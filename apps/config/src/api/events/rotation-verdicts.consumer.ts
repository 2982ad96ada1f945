/** Reads what stats finds about the bounces of servers, and has each verdict settled before its place in the log is committed. */
import { rotationVerdictsTopic, type RotationVerdict } from '@sendpool/contracts';
import type { Epoch, EventLog, RecordBatch } from '@sendpool/event-log';
import { isAppError, messageOf, sleep } from '@sendpool/kernel';
import { decodeOr, openedPart, type Counter, type Log, type Metrics, type Part } from '@sendpool/service';
import type { VerdictResult } from '../../domain/settle-verdict.ts';

type VerdictCounter = Counter<'pool' | 'kind' | 'result'>;

export const createVerdictCounter = (metrics: Metrics): VerdictCounter =>
  metrics.counter(
    'config_rotation_verdicts_total',
    'Verdicts on the bounces of a pool, by kind and whether they changed anything.',
    ['pool', 'kind', 'result'],
  );

export type RotationVerdictsDeps = {
  eventLog: Pick<EventLog, 'consume' | 'bounds'>;
  /** Doing it twice with one verdict is the same as once. */
  settle(verdict: RotationVerdict): Promise<VerdictResult>;
  verdicts: Pick<VerdictCounter, 'inc'>;
  log: Log;
};

/** All replicas of config share the work: each verdict goes to one of them. */
const configGroup = 'sendpool.config';

const topic = rotationVerdictsTopic.name;

const tries = 3;
const pauseMs = 100;

/** A database that is away ends the epoch, and the verdict comes again; one that can never be kept must not stop those behind it. */
const settleOne = async (verdict: RotationVerdict, deps: RotationVerdictsDeps): Promise<void> => {
  const { settle, verdicts, log } = deps;
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    try {
      const result = await settle(verdict);
      if (result !== 'KNOWN') verdicts.inc({ pool: verdict.poolId, kind: verdict.kind, result });
      return;
    } catch (error) {
      if (isAppError(error) && error.retriable) throw error;
      log.error({ error, verdict: verdict.id, attempt }, 'a rotation verdict could not be settled');
      await sleep(pauseMs);
    }
  }
};

const settleBatch = async ({ partition, records }: RecordBatch, epoch: Epoch, deps: RotationVerdictsDeps) => {
  for (const record of records) {
    const verdict = decodeOr(rotationVerdictsTopic, record, deps.log);
    if (verdict !== undefined) await settleOne(verdict, deps);
  }
  const last = records.at(-1);
  if (last !== undefined) await epoch.commit([{ partition, offset: last.offset + 1, metadata: '' }]);
};

/** A log that ends before what was settled was restored: all that it holds is read again, what is known is passed over. */
const startsOf = async (epoch: Epoch, { eventLog }: RotationVerdictsDeps): Promise<ReadonlyMap<number, number>> => {
  const starts = new Map<number, number>();
  for (const { partition, first, next } of await eventLog.bounds(topic)) {
    if (!epoch.partitions.includes(partition)) continue;
    const committed = await epoch.committed(partition);
    if (committed !== undefined && committed.offset > next) starts.set(partition, first);
  }
  return starts;
};

export const createRotationVerdicts = (deps: RotationVerdictsDeps): Part =>
  openedPart('rotation-verdicts', () =>
    deps.eventLog.consume({
      topic,
      group: configGroup,
      onAssigned: (epoch) => startsOf(epoch, deps),
      onBatch: (batch, epoch) => settleBatch(batch, epoch, deps),
      onRevoked: async () => undefined,
      onError: (error) => deps.log.warn({ error }, `rotation verdicts are read again: ${messageOf(error)}`),
    }),
  );
