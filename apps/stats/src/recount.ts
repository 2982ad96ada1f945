/** Counts the event log again and compares with the tables: `node apps/stats/src/recount.ts`. Ends with 1 when they differ. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import { createDatabase } from '@sendpool/database';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { isAppError, messageOf } from '@sendpool/kernel';
import { commonEnv, readEnv } from '@sendpool/service';
import { z } from 'zod';
import { checkRecount, type LoggedEvent } from './domain/check-recount.ts';
import { recountText } from './domain/recount-report.ts';
import { statsDatabase } from './store/migrations.ts';
import { readEverything } from './store/numbers.store.ts';

const topic = deliveryEventsTopic.name;
const maxBatch = 1000;
const envSchema = z.object({ DATABASE_URL: commonEnv.DATABASE_URL, EVENT_LOG_URL: commonEnv.EVENT_LOG_URL });

/** A record that cannot be read was not counted either. */
const decode = (value: Buffer): LoggedEvent['event'] | undefined => {
  try {
    return deliveryEventsTopic.decode(value);
  } catch (error) {
    if (isAppError(error, 'BAD_RECORD')) return undefined;
    throw error;
  }
};

const readLane = async function* (eventLog: EventLog, lane: number, range: { from: number; to: number }) {
  let next = range.from;
  while (next < range.to) {
    const records = await eventLog.read(topic, lane, next, Math.min(maxBatch, range.to - next));
    if (records.length === 0) return;
    for (const { offset, at, value } of records) {
      const event = offset < range.to ? decode(value) : undefined;
      if (event !== undefined) yield { at, event };
      next = offset + 1;
    }
  }
};

const firstKept = async (eventLog: EventLog): Promise<Map<number, number>> => {
  const bounds = await eventLog.bounds(topic);
  return new Map(bounds.map(({ partition, first }) => [partition, first]));
};

/** Resolves true when the numbers are equal. */
const run = async (): Promise<boolean> => {
  const env = readEnv(envSchema);
  const applicationName = 'sendpool recount';
  await using stack = new AsyncDisposableStack();
  const database = await createDatabase({ ...statsDatabase, url: env.DATABASE_URL, applicationName });
  stack.defer(() => database.close());
  const eventLog = await createEventLog({ url: env.EVENT_LOG_URL, applicationName });
  stack.defer(() => eventLog.close());
  const report = await checkRecount({
    kept: () => readEverything(database),
    firstKept: () => firstKept(eventLog),
    events: (lane, from, to) => readLane(eventLog, lane, { from, to }),
    now: Date.now,
  });
  console.log(recountText(report));
  return report.differences.length === 0;
};

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 2;
}
