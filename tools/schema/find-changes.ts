/** What a new version of the public schema takes away from those who use it, and what of that is written down with its reason. */
import { DangerousChangeType, findBreakingChanges, findDangerousChanges, type GraphQLSchema } from 'graphql';

/** Beside what breaks for certain: what a client may not be ready for, or what does something else without a word of the client's changing. */
const surprising: ReadonlySet<string> = new Set([
  DangerousChangeType.VALUE_ADDED_TO_ENUM,
  DangerousChangeType.TYPE_ADDED_TO_UNION,
  DangerousChangeType.IMPLEMENTED_INTERFACE_ADDED,
  DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE,
]);

/** Each in one sentence, as `Query.apiKeys changed type from [ApiKey!] to ApiKeyConnection.` */
export const findChanges = (released: GraphQLSchema, current: GraphQLSchema): string[] => [
  ...findBreakingChanges(released, current).map(({ description }) => description),
  ...findDangerousChanges(released, current)
    .filter(({ type }) => surprising.has(type))
    .map(({ description }) => description),
];

export type Entry = { readonly change: string; readonly reason: string };

/** The heading under which changes since the release are written down. */
export const unreleased = '## Unreleased';

/** Entries of the first chapter: lines that begin with the change in backticks, and the text up to the next one as its reason. */
export const readEntries = (markdown: string): Entry[] => {
  const [, rest = ''] = markdown.split(`${unreleased}\n`);
  const [chapter = ''] = rest.split(/^## /m);
  return chapter
    .split(/^- /m)
    .slice(1)
    .map((entry) => {
      const [, change = entry.trim(), reason = ''] = /^`([^`]+)`([^]*)$/.exec(entry) ?? [];
      return { change, reason: reason.replaceAll(/\s+/g, ' ').trim() };
    });
};

/** Characters; less is no reason. */
const shortest = 20;

/** In words: what is not written down, what has no reason, and what is written down and has not happened. */
export const faultsOf = (changes: readonly string[], entries: readonly Entry[]): string[] => {
  const written = new Set(entries.map(({ change }) => change));
  const happened = new Set(changes);
  return [
    ...changes
      .filter((change) => !written.has(change))
      .map((change) => `breaks clients and is not written down: ${change}`),
    ...entries.filter(({ reason }) => reason.length < shortest).map(({ change }) => `has no reason: ${change}`),
    ...entries
      .filter(({ change }) => !happened.has(change))
      .map(({ change }) => `is written down, but is no change: ${change}`),
  ];
};

/** The file after a release: what was unreleased is of this version now. */
export const released = (markdown: string, version: string): string =>
  markdown.replace(`${unreleased}\n`, `${unreleased}\n\nNone.\n\n## ${version}\n`);
