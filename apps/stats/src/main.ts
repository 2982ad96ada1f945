/** Runs the stats service. */
import { createLog, createMetrics, runService } from '@sendpool/service';
import { readStatsEnv } from './env.ts';
import { createStatsService } from './service.ts';

const name = 'stats';

await runService(name, async () => {
  const env = readStatsEnv();
  const log = createLog({ name, level: env.LOG_LEVEL });
  const metrics = createMetrics(name);
  const { parts, routes } = await createStatsService({ env, log, metrics });
  return { http: { host: env.HTTP_HOST, port: env.HTTP_PORT }, parts, log, metrics, routes };
});
