/**
 * Brings database and event log together after one of them was restored to an older state: `npm run restore-lanes`,
 * with `-- --log-lost` when it is the log that is older. Safe to end and to run again. Ends with 1 when it was refused or failed.
 */
import { campaignsTopic, deliveryEventsTopic, sendRequestsTopic, topicSpecs } from '@sendpool/contracts';
import { createDatabase, type Database } from '@sendpool/database';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { messageOf, newId, sleep } from '@sendpool/kernel';
import { commonEnv, createLog, readCommandLine, readEnv } from '@sendpool/service';
import { z } from 'zod';
import { createRestoreLog, readCampaigns, readTails } from './api/events/lane-log.ts';
import { holdLedgers } from './api/events/sender-ledgers.ts';
import { restoreSystem, type RestoreSystemDeps } from './domain/restore-system.ts';
import { ensureLanes } from './store/lane.store.ts';
import { migrations } from './store/migrations/index.ts';
import { createCampaignRestoreStore, createLaneRestoreStore } from './store/restore.store.ts';

const { DATABASE_URL, EVENT_LOG_URL, LANES, LOG_LEVEL } = commonEnv;
const envSchema = z.object({ DATABASE_URL, EVENT_LOG_URL, LANES, LOG_LEVEL });
type Env = z.output<typeof envSchema>;

const applicationName = 'sendpool restore-lanes';
const topics = [campaignsTopic, sendRequestsTopic, deliveryEventsTopic];

const open = async (env: Env): Promise<{ database: Database; eventLog: EventLog }> => {
  const url = env.DATABASE_URL;
  const database = await createDatabase({ url, schema: 'scheduler', migrations, poolSize: 4, applicationName });
  const eventLog = await createEventLog({ url: env.EVENT_LOG_URL, applicationName });
  await eventLog.ensureTopics(topicSpecs(topics, env.LANES));
  return { database, eventLog };
};

const depsOf = async (env: Env): Promise<RestoreSystemDeps> => {
  const { database, eventLog } = await open(env);
  const log = createLog({ name: 'restore-lanes', level: env.LOG_LEVEL });
  return {
    campaigns: {
      store: createCampaignRestoreStore(database, env.LANES),
      records: () => readCampaigns(eventLog, log),
      publish: (record) =>
        eventLog.publish(campaignsTopic.name, [{ partition: 0, key: record.id, value: campaignsTopic.encode(record) }]),
    },
    lane: { store: createLaneRestoreStore(database), log: createRestoreLog(eventLog, log), now: Date.now },
    owner: `restore-lanes ${newId()}`,
    lanes: () => ensureLanes(database.sql, env.LANES),
    tails: (lanes) => readTails(eventLog, lanes, log),
    holdLedgers: (lanes) => holdLedgers(eventLog, lanes),
    say: (line) => console.log(line),
    clock: () => performance.now(),
    sleep,
  };
};

const usage = `npm run restore-lanes [-- --log-lost]

Brings database and event log together after one of them was restored to an older state; see docs/operations.md.
Stop every scheduler first. It may be ended and run again.

  --log-lost  it is the event log that lost records; every process must be stopped

  DATABASE_URL, EVENT_LOG_URL, LANES  those of the scheduler`;

const run = async (isLogLost: boolean): Promise<void> => {
  await restoreSystem(await depsOf(readEnv(envSchema)), isLogLost);
  console.log('done: start the schedulers and all the others');
};

const { values } = readCommandLine({ usage, options: { 'log-lost': { type: 'boolean' } } });
// The process ends here and its connections with it: each step is durable before the next begins.
run(values['log-lost'] === true).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(1);
  },
);
