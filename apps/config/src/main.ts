/** Runs the config service. */
import { createLog, createMetrics, runService } from '@sendpool/service';
import { readConfigEnv } from './env.ts';
import { createConfigService } from './service.ts';

const name = 'config';

await runService(name, async () => {
  const env = readConfigEnv();
  const log = createLog({ name, level: env.LOG_LEVEL });
  const metrics = createMetrics(name);
  const { parts, routes } = await createConfigService({ env, log, metrics });
  return { http: { host: env.HTTP_HOST, port: env.HTTP_PORT }, parts, log, metrics, routes };
});
