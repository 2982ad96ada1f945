/** Runs the sender. */
import { createLog, createMetrics, runService } from '@sendpool/service';
import { readSenderEnv } from './env.ts';
import { createSenderService } from './service.ts';

const name = 'sender';

await runService(name, async () => {
  const env = readSenderEnv();
  const log = createLog({ name, level: env.LOG_LEVEL });
  const metrics = createMetrics(name);
  const { parts } = await createSenderService({ env, log, metrics });
  return { http: { host: env.HTTP_HOST, port: env.HTTP_PORT }, parts, log, metrics };
});
