/** Lists as Relay connections: opaque cursors, at most 100 rows a page. */
import { AppError } from '@sendpool/kernel';

export const maxPageSize = 100;

/** What a cursor holds: the sort key of a row. */
export type CursorKey = string | number | readonly (string | number)[];

export const encodeCursor = (key: CursorKey): string => Buffer.from(JSON.stringify(key)).toString('base64url');

const isPlain = (value: unknown): value is string | number => typeof value === 'string' || Number.isFinite(value);

const parse = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};

/** Throws AppError BAD_INPUT for anything that `encodeCursor` did not make; the caller still checks that the key is of its list. */
export const decodeCursor = (cursor: string): CursorKey => {
  const key = parse(cursor);
  if (isPlain(key)) return key;
  if (Array.isArray(key) && key.length > 0 && key.every(isPlain)) return key;
  throw new AppError('BAD_INPUT', '`after` is not a cursor of this list: pass an `endCursor` as it came');
};

export type Page = {
  /** Rows wanted, 1 to 100. */
  first: number;
  /** Sort key of the row before the first one wanted. */
  after: CursorKey | undefined;
};

/** Throws AppError BAD_INPUT for a page of less than 1 or more than 100 rows, and for a bad cursor. */
export const pageArguments = (first: number | null | undefined, after: string | null | undefined): Page => {
  const size = first ?? 50;
  if (!Number.isInteger(size) || size < 1 || size > maxPageSize)
    throw new AppError('BAD_INPUT', `\`first\` must be from 1 to ${maxPageSize}`);
  return { first: size, after: after === null || after === undefined ? undefined : decodeCursor(after) };
};

export type Connection<Node> = {
  edges: { cursor: string; node: Node }[];
  nodes: Node[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
};

/** `rows` are up to `page.first + 1` rows behind `page.after`, in order: the one too many tells that there is a next page. */
export const connectionOf = <Node>(
  rows: readonly Node[],
  page: Page,
  keyOf: (node: Node) => CursorKey,
): Connection<Node> => {
  const nodes = rows.slice(0, page.first);
  const edges = nodes.map((node) => ({ cursor: encodeCursor(keyOf(node)), node }));
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: rows.length > page.first,
      hasPreviousPage: page.after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
};

/** A connection of which nothing is read or counted before it is asked for. */
export type CountedConnection<Node> = {
  readonly [Part in keyof Connection<Node>]: () => Promise<Connection<Node>[Part]>;
} & { totalCount(): Promise<number | null> };

const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let running: Promise<T> | undefined;
  return () => (running ??= work());
};

/** `read` gives the page, `count` the number of rows on all pages, null for too many to count; each is called once at most. */
export const countedConnection = <Node>(of: {
  read(): Promise<Connection<Node>>;
  count(): Promise<number | null>;
}): CountedConnection<Node> => {
  const page = once(of.read);
  return {
    edges: async () => (await page()).edges,
    nodes: async () => (await page()).nodes,
    pageInfo: async () => (await page()).pageInfo,
    totalCount: once(of.count),
  };
};
