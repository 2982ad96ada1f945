/** Remembers the addresses of one upload in little memory, to count those that come twice. */

const fnvPrime = 0x01000193;

/** 53 bits of two FNV-1a hashes: among a million addresses the chance of one false match is 1 in 18,000. */
const hashOf = (text: string): number => {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    low = Math.imul(low ^ code, fnvPrime);
    high = Math.imul(high ^ (code + index), fnvPrime);
  }
  return (high & 0x1f_ffff) * 0x1_0000_0000 + (low >>> 0);
};

/** Says whether `email` was seen before, and remembers it. For counts only: it may be wrong, very rarely. */
export const createSeenAddresses = (): ((email: string) => boolean) => {
  const seen = new Set<number>();
  return (email) => {
    const before = seen.size;
    seen.add(hashOf(email));
    return seen.size === before;
  };
};
