/** Waits for services to be ready, as they say themselves. */
import { AppError, sleep } from '@sendpool/kernel';
import type { ServicePlan } from './services.ts';

const isReady = async (port: number): Promise<boolean> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1_000) });
    return response.ok;
  } catch {
    return false;
  }
};

type Service = Pick<ServicePlan, 'name' | 'port'>;

const unready = async (services: readonly Service[]): Promise<string[]> => {
  const names = services.map(async ({ name, port }) => ((await isReady(port)) ? [] : [name]));
  return (await Promise.all(names)).flat();
};

/** Resolves when /readyz of every service says so. Throws AppError UNAVAILABLE after `timeoutMs` or when aborted, naming the ones that are not ready. */
export const untilReady = async (
  services: readonly Service[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> => {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const missing = await unready(services);
    if (missing.length === 0) return;
    if (performance.now() > end || signal?.aborted === true)
      throw new AppError('UNAVAILABLE', `not ready after ${Math.round(timeoutMs / 1000)} s: ${missing.join(', ')}`);
    await sleep(100, signal);
  }
};

/** The first key travels from config to the gateways through the event log: a moment later than readiness. */
export const untilKeyIsKnown = async (gatewayUrl: string, key: string): Promise<void> => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const body = '{"query":"{ __typename }"}';
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`${gatewayUrl}/graphql`, { method: 'POST', headers, body });
    if (answer.status === 200) return;
    await sleep(100);
  }
  throw new AppError('UNAVAILABLE', 'a gateway does not know the first admin key');
};
