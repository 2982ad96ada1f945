/** Wires the judge and the usage to the database and the event log. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import type { Database } from '@sendpool/database';
import type { EventLog } from '@sendpool/event-log';
import { repeat, type Log, type Part } from '@sendpool/service';
import { createCampaignsReader } from './api/events/campaigns.reader.ts';
import { publishUsages, publishVerdicts } from './api/events/publishers.ts';
import { createSendingConfig } from './api/events/sending-config.follower.ts';
import type { PoolResolverDeps } from './api/graphql/pool.resolver.ts';
import { bounceReport } from './domain/bounce-report.ts';
import { oldestMs } from './domain/evidence.ts';
import { createJudge } from './domain/judge-round.ts';
import { loadPools } from './domain/load-pools.ts';
import { createPoolBoard } from './domain/pool-board.ts';
import { createSendingBoard } from './domain/sending-board.ts';
import { createUsageRound } from './domain/usage-round.ts';
import { createPoolSendsStore } from './store/pool-sends.store.ts';
import { inRound } from './store/round.store.ts';
import { createUsageStore, dropDays } from './store/usage.store.ts';
import { createVerdictStore } from './store/verdict.store.ts';

const judgeEveryMs = 2000;
const usageEveryMs = 1000;
const tidyEveryMs = 60_000;
/** Milliseconds; only the day that runs is told. */
const daysKeptMs = 7 * 24 * 3_600_000;

export type Rotation = {
  /** In the order in which they start: the judge needs to know the pools. */
  readonly parts: Part[];
  readonly limitOf: (serverId: string) => number;
  /** Ids of all servers that there are. */
  readonly serverIds: () => string[];
} & PoolResolverDeps;

export const createRotation = (deps: { database: Database; eventLog: EventLog; log: Log }): Rotation => {
  const { database, eventLog, log } = deps;
  const board = createPoolBoard();
  const campaigns = createSendingBoard();
  const { sendingSince } = campaigns;
  const sends = createPoolSendsStore(database.sql);
  const verdicts = createVerdictStore(database.sql);
  const judge = createJudge({
    board,
    inRound: (work) =>
      inRound(database, { name: 'judge', everyMs: judgeEveryMs - 50 }, (tx) =>
        work({ sends: createPoolSendsStore(tx), verdicts: createVerdictStore(tx) }),
      ),
    outbox: verdicts,
    sendingSince,
    publish: (found) => publishVerdicts(eventLog, found),
    now: Date.now,
  });
  const tellUsage = createUsageRound({
    serverIds: board.serverIds,
    ends: () => eventLog.bounds(deliveryEventsTopic.name),
    inRound: (work) =>
      inRound(database, { name: 'usage', everyMs: usageEveryMs - 50 }, (tx) => work(createUsageStore(tx))),
    publish: (usages) => publishUsages(eventLog, usages),
    now: Date.now,
  });
  const tidy = async (): Promise<void> => {
    await sends.tidy(Date.now(), Date.now() - oldestMs);
    await dropDays(database.sql, Date.now() - daysKeptMs);
  };
  return {
    parts: [
      createSendingConfig({ eventLog, board, log }),
      createCampaignsReader({ eventLog, campaigns, log }),
      repeat({ name: 'judge', everyMs: judgeEveryMs, work: judge, log }),
      repeat({ name: 'usage', everyMs: usageEveryMs, work: tellUsage, log }),
      repeat({ name: 'old-sends', everyMs: tidyEveryMs, work: tidy, log }),
    ],
    limitOf: board.limitOf,
    serverIds: board.serverIds,
    reports: async (poolIds) => {
      const known = poolIds.flatMap((id) => board.pool(id) ?? []);
      const pools = await loadPools({ sends, verdicts, board, sendingSince, now: Date.now() }, known);
      return new Map(pools.map((pool) => [pool.poolId, bounceReport(pool)]));
    },
  };
};
