/** How much of bodies that are still on their way may wait in memory: a client that never ends them could fill it, and has not paid yet. */

/** Of one body: `take` is asked for each piece, `give` gives back some of it and `end` all. */
export type BodyRoom = { take(bytes: number): boolean; give(bytes: number): void; end(): void };

export type BodyRooms = { of(keyId: string): BodyRoom };

export type BodyRoomLimits = {
  /** Bytes of one key. */
  ofKey: number;
  /** Bytes of all keys together. */
  ofAll: number;
};

/** Sixteen of the longest bodies of one key, and those of sixteen such keys. */
const defaults: BodyRoomLimits = { ofKey: 16 * 1024 * 1024, ofAll: 256 * 1024 * 1024 };

export const createBodyRooms = ({ ofKey, ofAll }: BodyRoomLimits = defaults): BodyRooms => {
  const held = new Map<string, number>();
  let all = 0;
  const heldBy = (keyId: string): number => held.get(keyId) ?? 0;
  const add = (keyId: string, bytes: number): void => {
    all += bytes;
    const left = heldBy(keyId) + bytes;
    if (left === 0) held.delete(keyId);
    else held.set(keyId, left);
  };
  return {
    of: (keyId) => {
      let own = 0;
      const give = (bytes: number): void => {
        const given = Math.min(bytes, own);
        own -= given;
        add(keyId, -given);
      };
      return {
        take: (bytes) => {
          if (heldBy(keyId) + bytes > ofKey || all + bytes > ofAll) return false;
          own += bytes;
          add(keyId, bytes);
          return true;
        },
        give,
        end: () => give(own),
      };
    },
  };
};
