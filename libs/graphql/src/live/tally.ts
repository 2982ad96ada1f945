/** Counts what each key has open, up to a bound. */

export type Tally = {
  /** Undefined when the key has all that it may have. The function gives it back; a second call does nothing. */
  take(keyId: string): (() => void) | undefined;
};

export const createTally = (most: number): Tally => {
  const counts = new Map<string, number>();
  const giveBack = (keyId: string): void => {
    const left = (counts.get(keyId) ?? 0) - 1;
    if (left > 0) counts.set(keyId, left);
    else counts.delete(keyId);
  };
  return {
    take: (keyId) => {
      const count = counts.get(keyId) ?? 0;
      if (count >= most) return undefined;
      counts.set(keyId, count + 1);
      let held = true;
      return () => {
        if (held) giveBack(keyId);
        held = false;
      };
    },
  };
};
