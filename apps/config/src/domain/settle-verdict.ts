/** Brings a verdict of stats into force: in the pool, at the server's warm-up, or not at all; in each case it is kept with the reason. */
import type { RotationVerdict } from '@sendpool/contracts';
import { changeRow } from './change-row.ts';
import type { Pool } from './pool.ts';
import { good } from './result.ts';
import { rotate } from './rotate.ts';
import type { Settled } from './rotation-entry.ts';
import { isUsable } from './sending-server.ts';
import type { RotationStore, ServerStore } from './stores.ts';
import { holdWarmUp } from './warm-up.ts';

export type SettleVerdictDeps = { rotations: Pick<RotationStore, 'settle'>; servers: ServerStore };

const noPool = 'There is no such pool.';

const settleRotation = async (
  deps: SettleVerdictDeps,
  verdict: RotationVerdict,
  pool: Pool | undefined,
): Promise<Settled> => {
  if (pool === undefined) return { whyNot: noPool };
  const servers = await deps.servers.find(pool.members.map(({ serverId }) => serverId));
  const usable = new Set(servers.filter(isUsable).map(({ id }) => id));
  const next = rotate(pool, verdict, { usable });
  return typeof next === 'string' ? { whyNot: next } : { pool: next, whyNot: null };
};

/** Doing it twice is the same as once: a plan is held at most once a day. */
const settleHold = async (deps: SettleVerdictDeps, { serverId, at }: RotationVerdict): Promise<Settled> => {
  let whyNot: string | null = null;
  const result = await changeRow(deps.servers, {
    id: serverId ?? '',
    noun: 'sending server',
    decide: (server) => {
      const held = holdWarmUp(server.warmUp, at);
      whyNot = typeof held === 'string' ? held : null;
      return good(typeof held === 'string' ? server : { ...server, warmUp: held });
    },
  });
  return { whyNot: result.ok ? whyNot : result.errors[0]!.message };
};

const settled = (
  deps: SettleVerdictDeps,
  verdict: RotationVerdict,
  pool: Pool | undefined,
): Settled | Promise<Settled> => {
  if (verdict.kind === 'WARN') return { whyNot: 'A warning changes nothing.' };
  if (verdict.kind === 'BAD_LIST') return { whyNot: 'It is the list: campaigns are paused, no server is rotated out.' };
  return verdict.kind === 'HOLD_WARM_UP' ? settleHold(deps, verdict) : settleRotation(deps, verdict, pool);
};

/** Whether a verdict changed the pool or the warm-up; KNOWN: it was settled before. */
export type VerdictResult = 'APPLIED' | 'NOT_APPLIED' | 'KNOWN';

/** Safe to call again with the same verdict. */
export const createSettleVerdict =
  (deps: SettleVerdictDeps) =>
  async (verdict: RotationVerdict): Promise<VerdictResult> => {
    let result: VerdictResult = 'KNOWN';
    await deps.rotations.settle({
      verdict,
      decide: async (pool) => {
        const answer = await settled(deps, verdict, pool);
        result = answer.whyNot === null ? 'APPLIED' : 'NOT_APPLIED';
        return answer;
      },
    });
    return result;
  };
