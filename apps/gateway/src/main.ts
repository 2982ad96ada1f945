/** Runs the gateway. */
import { createLog, createMetrics, runService } from '@sendpool/service';
import { readGatewayEnv } from './env.ts';
import { createGatewayService } from './service.ts';

const name = 'gateway';
/** Large contact files may take long to arrive. */
const requestTimeoutMs = 3_600_000;

await runService(name, async () => {
  const env = readGatewayEnv();
  const log = createLog({ name, level: env.LOG_LEVEL });
  const metrics = createMetrics(name);
  const { parts, routes, upgrades } = await createGatewayService({ env, log, metrics });
  const http = { host: env.HTTP_HOST, port: env.HTTP_PORT, requestTimeoutMs };
  return { http, parts, log, metrics, routes, upgrades };
});
