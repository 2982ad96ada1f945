/** Counts the event log again and compares with the tables: `npm run recount`. Ends with 1 when they differ. */
import { createDatabase } from '@sendpool/database';
import { createEventLog } from '@sendpool/event-log';
import { messageOf } from '@sendpool/kernel';
import { commonEnv, readCommandLine, readEnv } from '@sendpool/service';
import { z } from 'zod';
import { firstKept, readLane } from './api/events/delivery-events.replay.ts';
import { checkRecount } from './domain/check-recount.ts';
import { recountText } from './domain/recount-report.ts';
import { statsDatabase } from './store/migrations.ts';
import { readEverything } from './store/numbers.store.ts';

const envSchema = z.object({ DATABASE_URL: commonEnv.DATABASE_URL, EVENT_LOG_URL: commonEnv.EVENT_LOG_URL });

/** Resolves true when the numbers are equal. */
const run = async (): Promise<boolean> => {
  const env = readEnv(envSchema);
  const applicationName = 'sendpool recount';
  const database = await createDatabase({ ...statsDatabase, url: env.DATABASE_URL, applicationName });
  const eventLog = await createEventLog({ url: env.EVENT_LOG_URL, applicationName });
  const report = await checkRecount({
    kept: () => readEverything(database),
    firstKept: () => firstKept(eventLog),
    events: (lane, from, to) => readLane(eventLog, lane, { from, to }),
    now: Date.now,
  });
  console.log(recountText(report));
  return report.differences.length === 0;
};

const usage = `npm run recount

Counts the event log again, compares with the tables of stats, and changes nothing. Ends with 1 when they differ.

  DATABASE_URL, EVENT_LOG_URL  those of stats`;

readCommandLine({ usage, options: {} });
// The process ends here and its connections with it: nothing has been written that would have to be waited for.
run().then(
  (equal) => process.exit(equal ? 0 : 1),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(2);
  },
);
