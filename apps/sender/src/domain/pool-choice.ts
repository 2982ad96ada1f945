/** The choice of a server within one pool: the members that may take the message, by their weights. */
import type { PoolConfig } from '@sendpool/contracts';
import { maxFailures, verdictOn, type Ask, type Standing } from './eligibility.ts';
import { createSelector, type Selector } from './selection.ts';

export type PoolAsk = Ask & {
  /** Mailbox provider of the recipient. */
  provider: string;
  /** The server that deferred the last try: taken when it may send, else ignored. */
  hint: string | null;
  /** How often a server has failed in the same publication. */
  failures: number;
};

/**
 * WAIT: every server that could take it is at a declared limit, or full; `until` is null when only a free place helps.
 * NO_SERVER: nobody could take it. SERVERS_FAILED: there are servers, and this message failed at them.
 */
export type Choice<Server> =
  | { kind: 'SERVER'; server: Server }
  | { kind: 'WAIT'; until: number | null }
  | { kind: 'NO_SERVER' }
  | { kind: 'SERVERS_FAILED' };

export type PoolChoice<Server> = {
  setPool(pool: PoolConfig): void;
  choose(ask: PoolAsk): Choice<Server>;
};

export type PoolChoiceDeps<Server> = {
  server(id: string): Server | undefined;
  random(): number;
};

type State = { pool: PoolConfig; selector: Selector; weights: number[] };

const none = { kind: 'NO_SERVER' } as const;

/** Fills `state.weights`; says until when it would be worth to wait if none of them is positive. */
const weigh = <Server extends Standing>(state: State, ask: PoolAsk, deps: PoolChoiceDeps<Server>): Choice<Server> => {
  let wait: Choice<Server> = none;
  for (const [index, { serverId, weight }] of state.pool.members.entries()) {
    const server = deps.server(serverId);
    const verdict = weight === 0 ? 'OUT' : verdictOn(server, ask, state.pool.whenBusy);
    state.weights[index] = verdict === 'READY' ? weight * server!.factor(ask.now) : 0;
    if (verdict === 'LIMITED') wait = soonest(wait, server!.nextAt());
    if (verdict === 'BUSY' && wait.kind === 'NO_SERVER') wait = { kind: 'WAIT', until: null };
  }
  return wait;
};

const soonest = <Server>(wait: Choice<Server>, at: number): Choice<Server> =>
  wait.kind === 'WAIT' && wait.until !== null && wait.until <= at ? wait : { kind: 'WAIT', until: at };

/** Whether a message that had not failed before could be sent now. */
const whyNone = <Server extends Standing>(
  { pool }: State,
  ask: PoolAsk,
  deps: PoolChoiceDeps<Server>,
): Choice<Server> => {
  const untried = { ...ask, tried: [] };
  const hasServer = pool.members.some(
    ({ serverId, weight }) => weight > 0 && verdictOn(deps.server(serverId), untried, pool.whenBusy) !== 'OUT',
  );
  return ask.failures > 0 && hasServer ? { kind: 'SERVERS_FAILED' } : none;
};

const pickFrom = <Server extends Standing>(
  state: State,
  ask: PoolAsk,
  deps: PoolChoiceDeps<Server>,
): Choice<Server> => {
  const { members } = state.pool;
  if (ask.failures >= maxFailures) return whyNone(state, ask, deps);
  const wait = weigh(state, ask, deps);
  const forced = ask.hint === null ? -1 : members.findIndex(({ serverId }) => serverId === ask.hint);
  const picked = state.selector.pick(ask.provider, state.weights, forced);
  if (picked === -1) return wait.kind === 'WAIT' ? wait : whyNone(state, ask, deps);
  return { kind: 'SERVER', server: deps.server(members[picked]!.serverId)! };
};

const beginAnywhere = (state: State, random: () => number): void => {
  const weights = state.pool.members.map(({ weight }) => weight);
  state.selector.setMembers(state.pool.members.map(({ serverId }) => serverId));
  state.selector.skip(weights, random);
};

/** A change of weights keeps what each member is owed; only the very first members begin at a random place of the cycle. */
export const createPoolChoice = <Server extends Standing>(
  pool: PoolConfig,
  deps: PoolChoiceDeps<Server>,
): PoolChoice<Server> => {
  const state: State = { pool, selector: createSelector(), weights: pool.members.map(() => 0) };
  beginAnywhere(state, () => deps.random());
  return {
    setPool: (next) => {
      state.pool = next;
      state.selector.setMembers(next.members.map(({ serverId }) => serverId));
      state.weights = next.members.map(() => 0);
    },
    choose: (ask) => (state.pool.deleted ? none : pickFrom(state, ask, deps)),
  };
};
