/**
 * Keeps the member ids of this process in its state folder, one file a group, so that a process that was killed can make its dead member
 * leave when it starts again. Otherwise every member of the group stands still until the session of the dead one has run out.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type MemberMemory = {
  /** Ids that an earlier process left in this group; told once. */
  takeOver(group: string): string[];
  remember(group: string, memberId: string): void;
  forget(group: string, memberId: string): void;
};

const fileOf = (folder: string, group: string): string => join(folder, `${encodeURIComponent(group)}.json`);

/** A file that is missing, damaged or cannot be written costs a session time-out, no more. */
const readIds = (file: string): string[] => {
  try {
    const { memberIds } = JSON.parse(readFileSync(file, 'utf8')) as { memberIds?: unknown };
    return Array.isArray(memberIds) ? memberIds.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
};

const writeIds = (folder: string, file: string, memberIds: readonly string[]): void => {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${file}.new`, JSON.stringify({ memberIds }));
    renameSync(`${file}.new`, file);
  } catch {
    // See above.
  }
};

/** Remembers nothing without a folder. */
export const createMemberMemory = (folder: string | undefined): MemberMemory => {
  const known = new Map<string, Set<string>>();
  const change = (group: string, how: (ids: Set<string>) => void): void => {
    if (folder === undefined) return;
    const ids = known.get(group) ?? new Set(readIds(fileOf(folder, group)));
    known.set(group, ids);
    how(ids);
    writeIds(folder, fileOf(folder, group), [...ids]);
  };
  return {
    takeOver: (group) => {
      if (folder === undefined || known.has(group)) return [];
      const ids = readIds(fileOf(folder, group));
      known.set(group, new Set(ids));
      return ids;
    },
    remember: (group, memberId) => change(group, (ids) => ids.add(memberId)),
    forget: (group, memberId) => change(group, (ids) => ids.delete(memberId)),
  };
};
