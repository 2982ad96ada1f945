/**
 * `isp: AFFINITY`: a mailbox provider keeps one server as long as that one may send, by weighted rendezvous hashing (Thaler and
 * Ravishankar 1998; the weighted score is that of Schindelhauer and Schomaker 2005). A server that leaves moves only its own providers.
 * What each provider sends is not equally much, so the weights decide how many providers a server gets, not how many messages.
 */

/** FNV-1a of the text, then mixed (the finalizer of MurmurHash3), so that names that differ in one letter fall far apart. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
};

/** Between 0 and 1, neither of them. */
const uniform = (text: string): number => (hash(text) + 0.5) / 2 ** 32;

export type Affinity = {
  /** Index of the provider's server among those with a positive weight; -1 when there is none. */
  serverFor(provider: string, weights: ArrayLike<number>): number;
};

/** `ids` in the order of the weights. */
export const createAffinity = (ids: readonly string[]): Affinity => {
  const draws = new Map<string, Float64Array>();
  const drawsOf = (provider: string): Float64Array => {
    const known = draws.get(provider) ?? Float64Array.from(ids, (id) => -1 / Math.log(uniform(`${provider} ${id}`)));
    draws.set(provider, known);
    return known;
  };
  return {
    serverFor: (provider, weights) => {
      const scores = drawsOf(provider);
      let best = -1;
      for (let index = 0; index < ids.length; index += 1) {
        if (weights[index]! > 0 && (best === -1 || weights[index]! * scores[index]! > weights[best]! * scores[best]!))
          best = index;
      }
      return best;
    },
  };
};
