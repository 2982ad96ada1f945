/** Ends imports whose process or client is gone, and deletes what is kept of old ones, in steps. */
import type { Sql } from '@sendpool/database';

/** Longer than any chunk takes; the same for an upload that takes its import up again (`begin`). */
const abandon = `
  update contact_import set state = 'FAILED', failure = 'nothing came for 2 minutes, or the service was stopped', finished_at = now()
  where number in (
    select number from contact_import where state = 'RUNNING' and touched_at < now() - interval '2 minutes'
    for no key update skip locked)`;

const kept = `interval '30 days'`;
const step = 10_000;

const forgetErrors = `
  delete from contact_import_error where (import, row) in (
    select error.import, error.row from contact_import
    join contact_import_error error on error.import = contact_import.number
    where contact_import.at < now() - ${kept} and contact_import.state <> 'RUNNING' limit ${step})
  returning row`;

const forgetImports = `
  delete from contact_import where number in (
    select number from contact_import where at < now() - ${kept} and state <> 'RUNNING'
      and not exists (select from contact_import_error error where error.import = contact_import.number) limit ${step})`;

export const sweepImports = async (sql: Sql, signal: AbortSignal): Promise<void> => {
  await sql.query(abandon);
  while (!signal.aborted && (await sql.query(forgetErrors)).length === step);
  await sql.query(forgetImports);
};
