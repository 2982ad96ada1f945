/** The choice of a server within one pool: the members that may take the message, by their weights. */
import type { PoolConfig } from '@sendpool/contracts';
import { createAffinity, type Affinity } from './affinity.ts';
import { maxFailures, verdictOn, weightOf, type Ask, type Standing } from './eligibility.ts';
import type { Hold } from './limits-meter.ts';
import { otherProvider } from './provider.ts';
import { createSelector, type Selector } from './selection.ts';

export type PoolAsk = Ask & {
  /** The server that deferred the last try: taken when it may send, else ignored. */
  hint: string | null;
};

/**
 * WAIT: every server that could take it is held back, or full; `until` is null when only a free place helps. `by`: what holds it back at
 * the one that can take it first, or at one that is held back towards its mailbox provider alone: then other messages may go before it.
 * NO_SERVER: nobody could take it. SERVERS_FAILED: there are servers, and this message failed at them.
 */
export type Choice<Server> =
  | { kind: 'SERVER'; server: Server }
  | { kind: 'WAIT'; until: number | null; by: Hold | null }
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

type State = { pool: PoolConfig; selector: Selector; affinity: Affinity; weights: number[] };

const none = { kind: 'NO_SERVER' } as const;

/** Fills `state.weights`; says until when it would be worth to wait if none of them is positive. */
const weigh = <Server extends Standing>(state: State, ask: PoolAsk, deps: PoolChoiceDeps<Server>): Choice<Server> => {
  let wait: Choice<Server> = none;
  for (const [index, member] of state.pool.members.entries()) {
    const server = deps.server(member.serverId);
    const weight = weightOf(member);
    const verdict = weight === 0 ? 'OUT' : verdictOn(server, ask, state.pool.whenBusy);
    state.weights[index] = verdict === 'READY' ? weight * server!.factor(ask.now) : 0;
    if (typeof verdict === 'object') wait = waitFor(wait, verdict);
    if (verdict === 'BUSY' && wait.kind === 'NO_SERVER') wait = { kind: 'WAIT', until: null, by: null };
  }
  return wait;
};

const telling = (one: Hold | null, other: Hold): Hold => {
  if (one === null || (one.provider === null && other.provider !== null)) return other;
  if (one.provider !== null && other.provider === null) return one;
  return one.until <= other.until ? one : other;
};

const waitFor = <Server>(wait: Choice<Server>, hold: Hold): Choice<Server> =>
  wait.kind === 'WAIT'
    ? { kind: 'WAIT', until: Math.min(wait.until ?? Infinity, hold.until), by: telling(wait.by, hold) }
    : { kind: 'WAIT', until: hold.until, by: hold };

/** Whether a message that had not failed before could be sent now. */
const whyNone = <Server extends Standing>(
  { pool }: State,
  ask: PoolAsk,
  deps: PoolChoiceDeps<Server>,
): Choice<Server> => {
  const untried = { ...ask, tried: [] };
  const hasServer = pool.members.some(
    (member) => weightOf(member) > 0 && verdictOn(deps.server(member.serverId), untried, pool.whenBusy) !== 'OUT',
  );
  return ask.tried.length > 0 && hasServer ? { kind: 'SERVERS_FAILED' } : none;
};

/** What has no provider of its own is spread by weight in either mode. */
const keepsServer = ({ pool }: State, { provider }: PoolAsk): boolean =>
  pool.isp === 'AFFINITY' && provider !== otherProvider;

/** A hinted message was counted when it was chosen first: once more, and the others would get a surge for what is one message. */
const pick = (state: State, ask: PoolAsk): number => {
  const hinted = ask.hint === null ? -1 : state.pool.members.findIndex(({ serverId }) => serverId === ask.hint);
  if (hinted >= 0 && state.weights[hinted]! > 0) return hinted;
  return keepsServer(state, ask)
    ? state.affinity.serverFor(ask.provider, state.weights)
    : state.selector.pick(ask.provider, state.weights);
};

const pickFrom = <Server extends Standing>(
  state: State,
  ask: PoolAsk,
  deps: PoolChoiceDeps<Server>,
): Choice<Server> => {
  const { members } = state.pool;
  if (ask.tried.length >= maxFailures) return whyNone(state, ask, deps);
  const wait = weigh(state, ask, deps);
  const picked = pick(state, ask);
  if (picked === -1) return wait.kind === 'WAIT' ? wait : whyNone(state, ask, deps);
  return { kind: 'SERVER', server: deps.server(members[picked]!.serverId)! };
};

const idsOf = ({ members }: PoolConfig): string[] => members.map(({ serverId }) => serverId);

const beginAnywhere = (state: State, random: () => number): void => {
  state.selector.setMembers(idsOf(state.pool));
  state.selector.skip(state.pool.members.map(weightOf), random);
};

/** A change of weights keeps what each member is owed; only the very first members begin at a random place of the cycle. */
export const createPoolChoice = <Server extends Standing>(
  pool: PoolConfig,
  deps: PoolChoiceDeps<Server>,
): PoolChoice<Server> => {
  const state: State = {
    pool,
    selector: createSelector(),
    affinity: createAffinity(idsOf(pool)),
    weights: pool.members.map(() => 0),
  };
  beginAnywhere(state, () => deps.random());
  return {
    setPool: (next) => {
      state.pool = next;
      state.selector.setMembers(idsOf(next));
      state.affinity = createAffinity(idsOf(next));
      state.weights = next.members.map(() => 0);
    },
    choose: (ask) => (state.pool.deleted ? none : pickFrom(state, ask, deps)),
  };
};
