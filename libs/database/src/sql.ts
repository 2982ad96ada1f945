/** Plain SQL as the stores use it. */

export type Sql = {
  /**
   * Runs one statement. `text` is a constant of the code, values only travel as parameters. Prepared by its text when `prepare` is left on.
   * bigint columns arrive as numbers, jsonb parsed, bytea as Buffer.
   */
  query<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
};
