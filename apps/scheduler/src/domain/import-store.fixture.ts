/** Imports in memory for specs, one audience `audience` with contacts by lower-case address. */
import type { ContactImport, ImportStore } from './contact-import.ts';
import type { RowError } from './contact-row.ts';
import { done, notFound, refuse } from './refusal.ts';

const fresh = (id: string, idempotencyKey: string | null): ContactImport => ({
  id,
  audienceId: 'audience',
  state: 'RUNNING',
  idempotencyKey,
  rows: 0,
  imported: 0,
  updated: 0,
  unchanged: 0,
  duplicates: 0,
  rejected: 0,
  failureReason: null,
  createdAt: new Date(0),
  finishedAt: null,
});

type Contact = { id: number; fields: string };

export const importsInMemory = (contacts = new Map<string, Contact>()) => {
  let record = fresh('', null);
  let digest = '';
  const errors: RowError[] = [];
  const store: Pick<ImportStore, 'begin' | 'take' | 'pass' | 'finish' | 'fail' | 'errors'> = {
    begin: async ({ id, audienceId, idempotencyKey }) => {
      if (audienceId !== 'audience') return refuse(notFound('audience'));
      const isKnown = idempotencyKey !== null && record.idempotencyKey === idempotencyKey;
      if (!isKnown) [record, digest] = [fresh(id, idempotencyKey), ''];
      if (record.state === 'FAILED') record = { ...record, state: 'RUNNING', failureReason: null };
      return done({ run: { number: 1, attempt: 1 }, record, digest });
    },
    take: async (_run, chunk, seen) => {
      const counts = { imported: 0, updated: 0, unchanged: 0, duplicates: chunk.duplicates };
      for (const { email, fields } of chunk.contacts) {
        const before = contacts.get(email.toLowerCase());
        const id = before?.id ?? contacts.size + 1;
        contacts.set(email.toLowerCase(), { id, fields });
        if (seen(id)) counts.duplicates += 1;
        else if (before === undefined) counts.imported += 1;
        else counts[before.fields === fields ? 'unchanged' : 'updated'] += 1;
      }
      errors.push(...chunk.errors);
      digest = chunk.digest;
      const { imported, updated, unchanged, duplicates, rejected } = record;
      record = {
        ...record,
        rows: chunk.rows,
        imported: imported + counts.imported,
        updated: updated + counts.updated,
        unchanged: unchanged + counts.unchanged,
        duplicates: duplicates + counts.duplicates,
        rejected: rejected + chunk.errors.length,
      };
    },
    pass: async (_run, emails, seen) => {
      for (const email of emails) seen(contacts.get(email.toLowerCase())?.id ?? 0);
    },
    finish: async () => (record = { ...record, state: 'DONE' }),
    fail: async (_run, failure) => {
      record = { ...record, state: 'FAILED', failureReason: failure };
    },
    errors: async (_id, { first }) => errors.slice(0, first),
  };
  return { store, contacts, record: () => record };
};
