/** Who gets which partitions of a group: evenly, and without moving more than needed. */

/**
 * Shares out partitions evenly (sizes differ by at most one); a member keeps what it held as far as its share goes.
 * `members` in the order of their ids, so that every process would decide the same.
 */
export const shareOut = (
  partitions: number,
  members: readonly string[],
  held: ReadonlyMap<number, string>,
): Map<number, string> => {
  const owners = new Map<number, string>();
  if (members.length === 0) return owners;
  const counts = new Map(members.map((id) => [id, 0]));
  const least = Math.floor(partitions / members.length);
  let larger = partitions % members.length;
  const give = (partition: number, id: string): void => {
    owners.set(partition, id);
    counts.set(id, counts.get(id)! + 1);
  };
  for (let partition = 0; partition < partitions; partition++) {
    const holder = held.get(partition);
    const count = holder === undefined ? undefined : counts.get(holder);
    if (holder === undefined || count === undefined || count > least || (count === least && larger === 0)) continue;
    if (count === least) larger--;
    give(partition, holder);
  }
  for (let partition = 0; partition < partitions; partition++) {
    if (!owners.has(partition))
      give(
        partition,
        members.reduce((one, other) => (counts.get(other)! < counts.get(one)! ? other : one)),
      );
  }
  return owners;
};
