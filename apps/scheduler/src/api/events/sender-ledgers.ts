/** The senders' ledgers from outside: held as the only member of their group, and made lost ones after the log was restored to an older state. */
import { sendRequestsTopic, senderGroup } from '@sendpool/contracts';
import type { Epoch, EventLog } from '@sendpool/event-log';
import { AppError, sleep } from '@sendpool/kernel';
import type { HeldLedgers } from '../../domain/restore-system.ts';

type Ledgers = Pick<EventLog, 'consume' | 'bounds'>;

/** Longer than the session of a sender that was killed, milliseconds. */
const patienceMs = 30_000;
const lookMs = 100;

const topic = sendRequestsTopic.name;

const ends = async (eventLog: Ledgers): Promise<Map<number, number>> =>
  new Map((await eventLog.bounds(topic)).map(({ partition, next }) => [partition, next]));

/** A ledger without metadata is a lost one; a lane without records needs none. */
const reset = async (eventLog: Ledgers, epoch: Epoch): Promise<void> => {
  const used = [...(await ends(eventLog))].filter(([, next]) => next > 0);
  await epoch.commit(used.map(([partition, offset]) => ({ partition, offset, metadata: '' })));
};

export const holdLedgers = async (eventLog: Ledgers, lanes: readonly number[]): Promise<HeldLedgers> => {
  let current: Epoch | undefined;
  const consumer = await eventLog.consume({
    topic,
    group: senderGroup,
    onAssigned: async (epoch) => {
      current = epoch;
      return ends(eventLog);
    },
    onBatch: () => Promise.resolve(),
    onRevoked: async (epoch) => {
      if (current === epoch) current = undefined;
    },
  });
  const ownsAll = (): boolean => lanes.every((lane) => current?.partitions.includes(lane) === true);
  const endsAt = performance.now() + patienceMs;
  while (!ownsAll() && performance.now() < endsAt) await sleep(lookMs);
  if (!ownsAll()) {
    await consumer.close();
    throw new AppError('CONFLICT', 'a sender runs: stop every sender, then run this again');
  }
  return {
    reset: async () => {
      if (current === undefined || !ownsAll())
        throw new AppError('CONFLICT', 'a sender was started: stop it, then run this again');
      await reset(eventLog, current);
    },
    release: () => consumer.close(),
  };
};
