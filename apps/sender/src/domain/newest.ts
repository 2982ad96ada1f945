/** Keeps the record with the highest revision of each id: a late write to a compacted topic must not undo a newer one. */

export type Newest<Item> = {
  get(id: string): Item | undefined;
  /** False when the same or a higher revision is known. */
  put(item: Item): boolean;
};

export const createNewest = <Item extends { id: string; revision: number }>(): Newest<Item> => {
  const items = new Map<string, Item>();
  return {
    get: (id) => items.get(id),
    put: (item) => {
      const known = items.get(item.id);
      if (known !== undefined && known.revision >= item.revision) return false;
      items.set(item.id, item);
      return true;
    },
  };
};
