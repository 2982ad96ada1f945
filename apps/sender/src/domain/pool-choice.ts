/** The choice of a server within one pool: the members that may take the message, by their weights. */
import type { PoolConfig } from '@sendpool/contracts';
import { maxServers, verdictOn, type Ask, type Standing } from './eligibility.ts';
import { createSelector, type Selector } from './selection.ts';

export type PoolAsk = Ask & {
  /** Mailbox provider of the recipient. */
  provider: string;
  /** The server that deferred the last try: taken when it may send, else ignored. */
  hint: string | null;
};

/** WAIT: every server that could take it is at a declared limit, or full; `until` is null when only a free place helps. */
export type Choice<Server> =
  { kind: 'SERVER'; server: Server } | { kind: 'WAIT'; until: number | null } | { kind: 'NONE' };

export type PoolChoice<Server> = {
  setPool(pool: PoolConfig): void;
  choose(ask: PoolAsk): Choice<Server>;
};

export type PoolChoiceDeps<Server> = {
  server(id: string): Server | undefined;
  random(): number;
};

type State = { pool: PoolConfig; selector: Selector; weights: number[] };

const none = { kind: 'NONE' } as const;

/** Fills `state.weights`; says until when it would be worth to wait if none of them is positive. */
const weigh = <Server extends Standing>(state: State, ask: PoolAsk, deps: PoolChoiceDeps<Server>): Choice<Server> => {
  let wait: Choice<Server> = none;
  for (const [index, { serverId, weight }] of state.pool.members.entries()) {
    const server = deps.server(serverId);
    const verdict = weight === 0 ? 'OUT' : verdictOn(server, ask, state.pool.whenBusy);
    state.weights[index] = verdict === 'READY' ? weight * server!.factor(ask.now) : 0;
    if (verdict === 'LIMITED') wait = soonest(wait, server!.nextAt());
    if (verdict === 'BUSY' && wait.kind === 'NONE') wait = { kind: 'WAIT', until: null };
  }
  return wait;
};

const soonest = <Server>(wait: Choice<Server>, at: number): Choice<Server> =>
  wait.kind === 'WAIT' && wait.until !== null && wait.until <= at ? wait : { kind: 'WAIT', until: at };

const pickFrom = <Server extends Standing>(
  state: State,
  ask: PoolAsk,
  deps: PoolChoiceDeps<Server>,
): Choice<Server> => {
  const { members } = state.pool;
  if (ask.tried.length >= maxServers) return none;
  const wait = weigh(state, ask, deps);
  const forced = ask.hint === null ? -1 : members.findIndex(({ serverId }) => serverId === ask.hint);
  const picked = state.selector.pick(ask.provider, state.weights, forced);
  return picked === -1 ? wait : { kind: 'SERVER', server: deps.server(members[picked]!.serverId)! };
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
