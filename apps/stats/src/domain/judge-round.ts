/** One look of the judge at all pools in which something happened. Found is stored before it is told; told is told under the same id. */
import type { PoolConfig, RotationVerdict } from '@sendpool/contracts';
import type { Finding } from './finding.ts';
import { judgePool, probationMs } from './judge.ts';
import { loadPools, type KnownVerdicts, type PoolSends } from './load-pools.ts';
import type { PoolBoard } from './pool-board.ts';

export type JudgeStore = {
  sends: PoolSends & { totals(): Promise<Map<string, number>> };
  verdicts: KnownVerdicts & { add(verdicts: readonly RotationVerdict[]): Promise<void> };
};

export type JudgeDeps = {
  board: PoolBoard;
  /** Does the work when it is our turn, in one transaction; resolves false when it is not. */
  inRound(work: (store: JudgeStore) => Promise<void>): Promise<boolean>;
  outbox: { unpublished(): Promise<RotationVerdict[]>; published(ids: readonly string[]): Promise<void> };
  /** When the campaign was last told to send, milliseconds since 1970; 0: it may not, or it is not known. */
  sendingSince(campaignId: string): number;
  /** Resolves once they are durable. */
  publish(verdicts: readonly RotationVerdict[]): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
};

/** Where a window began is of no use to anybody else. */
const verdictOf = (finding: Finding): RotationVerdict => {
  const { from, ...evidence } = finding.evidence;
  void from;
  return { ...finding, evidence };
};

/** Something is to be found without a send: a time out or a probation is over. */
const isTimeUp = ({ rotation: { state, since, until } }: PoolConfig['members'][number], now: number): boolean =>
  state === 'PROBATION' ? since <= now - probationMs : state === 'OUT' && until !== null && until <= now;

/** Changes with each send and each revision of the pool. */
const markOf = (pool: PoolConfig, totals: ReadonlyMap<string, number>): string =>
  `${pool.revision} ${totals.get(pool.id) ?? 0}`;

const tell = async ({ outbox, publish }: JudgeDeps): Promise<void> => {
  const verdicts = await outbox.unpublished();
  if (verdicts.length === 0) return;
  await publish(verdicts);
  await outbox.published(verdicts.map(({ id }) => id));
};

/** One round; remembers which sends it has judged, so that a quiet pool costs nothing. */
export const createJudge = (deps: JudgeDeps): (() => Promise<void>) => {
  const judged = new Map<string, string>();
  const look = async (store: JudgeStore): Promise<Map<string, string>> => {
    const now = deps.now();
    const totals = await store.sends.totals();
    const isDue = (pool: PoolConfig): boolean =>
      judged.get(pool.id) !== markOf(pool, totals) || pool.members.some((member) => isTimeUp(member, now));
    const due = deps.board.pools().filter(isDue);
    if (due.length === 0) return new Map();
    const pools = await loadPools({ ...store, board: deps.board, sendingSince: deps.sendingSince, now }, due);
    await store.verdicts.add(pools.flatMap(judgePool).map(verdictOf));
    return new Map(due.map((pool) => [pool.id, markOf(pool, totals)]));
  };
  return async () => {
    let looked = new Map<string, string>();
    const isOurs = await deps.inRound(async (store) => {
      looked = await look(store);
    });
    if (!isOurs) return;
    for (const [id, mark] of looked) judged.set(id, mark);
    await tell(deps);
  };
};
