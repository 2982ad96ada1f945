/** Runs the scheduler. */
import { createLog, createMetrics, runService } from '@sendpool/service';
import { readSchedulerEnv } from './env.ts';
import { createSchedulerService, uploadTimeoutMs } from './service.ts';

const name = 'scheduler';

await runService(name, async () => {
  const env = readSchedulerEnv();
  const log = createLog({ name, level: env.LOG_LEVEL });
  const metrics = createMetrics(name);
  const { parts, routes } = await createSchedulerService({ env, log, metrics });
  const http = { host: env.HTTP_HOST, port: env.HTTP_PORT, requestTimeoutMs: uploadTimeoutMs };
  return { http, parts, log, metrics, routes };
});
