/** Rows of contact_import as the domain knows them. */
import type { BegunImport, ContactImport } from '../domain/contact-import.ts';

export type ImportRow = Omit<ContactImport, 'audienceId' | 'idempotencyKey' | 'finishedAt'> & {
  number: number;
  attempt: number;
  digest: string;
  audience_id: string;
  idempotency_key: string | null;
  finished_at: Date | null;
};

const own = [
  ...['number', 'attempt', 'digest', 'id', 'state', 'idempotency_key', 'rows', 'imported', 'updated', 'unchanged'],
  ...['duplicates', 'rejected', 'failure', 'at', 'finished_at'],
];

export const importColumns = `${own.map((name) => `contact_import.${name}`).join(', ')}, audience.id as audience_id`;

export const importOf = (row: ImportRow): ContactImport => {
  const { number: _, attempt: __, digest: ___, audience_id, idempotency_key, finished_at, ...rest } = row;
  return { ...rest, audienceId: audience_id, idempotencyKey: idempotency_key, finishedAt: finished_at };
};

export const begunOf = (row: ImportRow): BegunImport => ({
  run: { number: row.number, attempt: row.attempt },
  record: importOf(row),
  digest: row.digest,
});
