/** When API keys were used since it was asked last. Noting a use is one write into a map: it happens for each request. */
import type { ApiKeyUse } from '@sendpool/contracts';

export type KeyUses = {
  note(keyId: string): void;
  /** What was noted since the last call, the newest use of each key. */
  take(): ApiKeyUse[];
  /** What could not be told: it is taken again unless something newer was noted. */
  putBack(uses: readonly ApiKeyUse[]): void;
};

/** `now` in milliseconds since 1970. */
export const createKeyUses = (now: () => number): KeyUses => {
  const noted = new Map<string, number>();
  return {
    note: (keyId) => void noted.set(keyId, now()),
    take: () => {
      const uses = [...noted].map(([id, at]) => ({ id, at }));
      noted.clear();
      return uses;
    },
    putBack: (uses) => {
      for (const { id, at } of uses) if (!noted.has(id)) noted.set(id, at);
    },
  };
};
