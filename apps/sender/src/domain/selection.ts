/**
 * Chooses the sending server of a message: smooth weighted round robin kept as normalised lag, once over the whole pool and once
 * for each mailbox provider, so that both see the shares of the weights at every moment.
 *
 * The lag of a member is its ideal share minus the messages it was given. A pick adds to the lag of each eligible member its
 * weight over the sum of the eligible weights, takes the largest lag, and subtracts 1 from it; a member that is not eligible keeps
 * its lag as it is (frozen credit), and so comes back without a burst. With fixed eligibility this is nginx's algorithm
 * (`ngx_http_upstream_get_peer`) divided by the total weight, which makes weights changeable at any time.
 */

/** Members whose lags differ by less are equal: the first one is taken. */
const tie = 1e-9;
/** A random phase is at most this many picks, however large the weights are. */
const maxPhase = 10_000;

export type Selector = {
  /** Names the members in their order. Who stays keeps its lag, who is new begins at 0, and the rest of who leaves is shared out. */
  setMembers(ids: readonly string[]): void;
  /**
   * Index of the member for a message to mailbox provider `group`; -1 when no weight is positive. `weights` has one number for
   * each member, 0 for one that is not eligible now.
   */
  pick(group: string, weights: ArrayLike<number>): number;
  /** Moves the selector to a random place in its cycle, so that processes that start together do not all begin with the same server. */
  skip(weights: ArrayLike<number>, random: () => number): void;
  /** A copy of the lags: of the whole pool, or of one mailbox provider. */
  lags(group?: string): number[];
};

type State = { ids: readonly string[]; pool: Float64Array; groups: Map<string, Float64Array> };

const sumOf = (weights: ArrayLike<number>): number => {
  let sum = 0;
  for (let index = 0; index < weights.length; index += 1) sum += weights[index]!;
  return sum;
};

const choose = (pool: Float64Array, group: Float64Array, weights: ArrayLike<number>): number => {
  const share = 1 / sumOf(weights);
  let best = -1;
  let bestLag = 0;
  for (let index = 0; index < weights.length; index += 1) {
    const weight = weights[index]!;
    if (weight === 0) continue;
    const step = weight * share;
    const lag = (pool[index]! += step) + (group[index]! += step);
    if (best !== -1 && lag <= bestLag + tie) continue;
    best = index;
    bestLag = lag;
  }
  return best;
};

const take = (pool: Float64Array, group: Float64Array, weights: ArrayLike<number>): number => {
  const chosen = choose(pool, group, weights);
  if (chosen === -1) return -1;
  pool[chosen]! -= 1;
  group[chosen]! -= 1;
  return chosen;
};

/** A provider seen for the first time starts where the whole pool stands: with zeros, processes that restart often never use small members. */
const groupOf = (state: State, name: string): Float64Array => {
  const known = state.groups.get(name);
  if (known !== undefined) return known;
  const created = state.pool.slice();
  state.groups.set(name, created);
  return created;
};

/** The lags of the new members; what is missing to a sum of 0 is shared out evenly, so that nobody gets a burst. */
const moved = (lags: Float64Array, from: readonly string[], to: readonly string[]): Float64Array => {
  const next = Float64Array.from(to, (id) => lags[from.indexOf(id)] ?? 0);
  const rest = sumOf(next) / Math.max(1, to.length);
  return Math.abs(rest) < tie ? next : next.map((lag) => lag - rest);
};

const divisor = (left: number, right: number): number => (right === 0 ? left : divisor(right, left % right));

/** Picks until all lags are 0 again, when the weights are whole numbers. */
const cycleOf = (weights: ArrayLike<number>): number => {
  const whole = Array.from(weights, Math.round).filter((weight) => weight > 0);
  const common = whole.reduce(divisor, 0);
  return common === 0 ? 0 : Math.min(maxPhase, sumOf(whole) / common);
};

const skipPicks = (pool: Float64Array, weights: ArrayLike<number>, count: number): void => {
  const group = pool.slice();
  for (let done = 0; done < count; done += 1) take(pool, group, weights);
};

export const createSelector = (members: readonly string[] = []): Selector => {
  const state: State = { ids: members, pool: new Float64Array(members.length), groups: new Map() };
  return {
    setMembers: (ids) => {
      for (const [name, lags] of state.groups) state.groups.set(name, moved(lags, state.ids, ids));
      state.pool = moved(state.pool, state.ids, ids);
      state.ids = ids;
    },
    pick: (group, weights) => take(state.pool, groupOf(state, group), weights),
    skip: (weights, random) => skipPicks(state.pool, weights, Math.floor(random() * cycleOf(weights))),
    lags: (group) => [...((group === undefined ? undefined : state.groups.get(group)) ?? state.pool)],
  };
};
