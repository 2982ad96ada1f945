/** The replicas of one service, and which of them to ask next: in turn, passing over those that failed until they say that they are ready. */
import { Pool } from 'undici';

export type Replicas = {
  /** All of them, in the order in which a request should try them: those that failed come last. */
  inOrder(): Pool[];
  /** It did not answer: it is passed over until it is ready again. */
  failed(replica: Pool): void;
  /** The first that says it is ready, for what cannot be sent twice; a lone one is not asked. */
  ready(): Promise<Pool>;
  close(): Promise<void>;
};

const probeTimeoutMs = 1_000;
const probePauseMs = 1_000;

/** Failures before a connection was there: the request cannot have reached the service. */
const unreached = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export const isUnreached = (error: unknown): boolean =>
  error instanceof Error && unreached.has(String((error as NodeJS.ErrnoException).code));

const saysReady = async (replica: Pool): Promise<boolean> => {
  try {
    const { statusCode, body } = await replica.request({
      path: '/readyz',
      method: 'GET',
      signal: AbortSignal.timeout(probeTimeoutMs),
    });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
};

export const createReplicas = (origins: readonly string[], options: Pool.Options = {}): Replicas => {
  const pools = origins.map((origin) => new Pool(origin, { connect: { timeout: 3000 }, ...options }));
  /** When a replica that failed was last asked whether it is ready. */
  const probedAt = new Map<Pool, number>();
  let turn = 0;

  const probe = async (replica: Pool): Promise<void> => {
    if (performance.now() - probedAt.get(replica)! < probePauseMs) return;
    probedAt.set(replica, performance.now());
    if (await saysReady(replica)) probedAt.delete(replica);
  };

  const inOrder = (): Pool[] => {
    turn = (turn + 1) % pools.length;
    for (const replica of probedAt.keys()) void probe(replica);
    const all = [...pools.slice(turn), ...pools.slice(0, turn)];
    return [...all.filter((replica) => !probedAt.has(replica)), ...all.filter((replica) => probedAt.has(replica))];
  };

  return {
    inOrder,
    failed: (replica) => {
      if (pools.length > 1) probedAt.set(replica, performance.now());
    },
    ready: async () => {
      const all = inOrder();
      for (const replica of all) if (all.length === 1 || (await saysReady(replica))) return replica;
      return all[0]!;
    },
    close: async () => {
      await Promise.all(pools.map((replica) => replica.destroy()));
    },
  };
};
