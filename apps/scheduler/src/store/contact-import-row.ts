/** Rows of contact_import as the domain knows them. */
import type { BegunImport, ContactImport } from '../domain/contact-import.ts';

export type ImportRow = Omit<
  ContactImport,
  'audienceId' | 'idempotencyKey' | 'failureReason' | 'createdAt' | 'finishedAt'
> & {
  number: number;
  attempt: number;
  digest: string;
  audience_id: string;
  idempotency_key: string | null;
  failure: string | null;
  at: Date;
  finished_at: Date | null;
};

const own =
  'number attempt digest id state idempotency_key rows imported updated unchanged duplicates rejected failure at finished_at';

export const importColumns = `${own
  .split(' ')
  .map((name) => `contact_import.${name}`)
  .join(', ')}, audience.id as audience_id`;

export const importOf = (row: ImportRow): ContactImport => {
  const { id, state, rows, imported, updated, unchanged, duplicates, rejected, failure, at } = row;
  const counts = { rows, imported, updated, unchanged, duplicates, rejected };
  const times = { createdAt: at, finishedAt: row.finished_at };
  return {
    id,
    audienceId: row.audience_id,
    state,
    idempotencyKey: row.idempotency_key,
    ...counts,
    failureReason: failure,
    ...times,
  };
};

export const begunOf = (row: ImportRow): BegunImport => ({
  run: { number: row.number, attempt: row.attempt },
  record: importOf(row),
  digest: row.digest,
});
