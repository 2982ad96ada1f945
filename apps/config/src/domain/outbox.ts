/** What keeps a compacted topic equal to the rows behind it: rows not yet acknowledged, and rows whose last record is older. */

/** The newest state of one row, as it goes to the topic. */
export type OutboxEntry = {
  readonly id: string;
  readonly key: string;
  readonly revision: number;
  readonly value: string;
};

export type RowRevision = { readonly id: string; readonly key: string; readonly revision: number };

/** The rows of one table on their way to one topic. */
export type Outbox = {
  readonly topic: string;
  /** Rows whose newest revision was not acknowledged by the topic yet, at most `count`. */
  pending(count: number): Promise<OutboxEntry[]>;
  acknowledged(entries: readonly OutboxEntry[]): Promise<void>;
  /** Of all rows the revision that the topic has acknowledged last; 0 = none yet. */
  acknowledgedRevisions(): Promise<RowRevision[]>;
  /** Makes those of these rows pending again that are not; resolves to their number. */
  repeat(ids: readonly string[]): Promise<number>;
  /**
   * Lifts those of these rows that are below the revision given, which the topic has already seen, to the one above it: readers
   * then take them as newer. They become pending. Resolves to their number.
   */
  lift(rows: readonly RowRevision[]): Promise<number>;
};

export type Repair = {
  /** Ids of rows whose last record is older than what was acknowledged, or missing. */
  readonly repeat: readonly string[];
  /** Rows with a record newer than what was acknowledged, and the revision of it: on the way, or the database was restored. */
  readonly lift: readonly RowRevision[];
};

/** `rows` carry their acknowledged revisions, read before the records. `last` holds the revision of the last record of each key, in log order: not the highest one that was ever seen. */
export const repairOf = (rows: readonly RowRevision[], last: ReadonlyMap<string, number>): Repair => {
  const recorded = rows.map((row) => ({ ...row, record: last.get(row.key) ?? 0 }));
  return {
    repeat: recorded.filter(({ record, revision }) => record < revision).map(({ id }) => id),
    lift: recorded
      .filter(({ record, revision }) => record > revision)
      .map(({ id, key, record }) => ({ id, key, revision: record })),
  };
};
