/** Takes the rows of an upload into an audience, chunk by chunk; the last row of an address wins, and bad rows are reported. */
import type { AudienceStore, ContactRow } from './audience.ts';
import type { ParseAddress } from './campaign.ts';
import { readHeader, readRow, uploadLimits, type FileRow, type RowError, type UploadHeader } from './contact-row.ts';
import { done, notFound, refuse, type Result } from './refusal.ts';
import { createSeenAddresses } from './seen-addresses.ts';

/** Rows by what became of them; together they are all rows below the header. `errors` lists the first 1,000 rejected ones. */
export type ImportReport = {
  readonly imported: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Rows whose address a later row of the same file has too. */
  readonly duplicates: number;
  readonly rejected: number;
  readonly errors: readonly RowError[];
};

export type ImportContactsDeps = {
  audiences: Pick<AudienceStore, 'find' | 'upsertContacts'>;
  parseAddress: ParseAddress;
};

type Run = {
  readonly deps: ImportContactsDeps;
  readonly audienceId: string;
  readonly seen: (email: string) => boolean;
  readonly report: { -readonly [Key in keyof ImportReport]: ImportReport[Key] } & { errors: RowError[] };
  chunk: Map<string, ContactRow>;
};

const badFile = (message: string): Result<never> => refuse({ code: 'BAD_INPUT', message, path: null });

const reject = (run: Run, error: RowError): void => {
  run.report.rejected += 1;
  if (run.report.errors.length < uploadLimits.errors) run.report.errors.push(error);
};

const addRow = (run: Run, header: UploadHeader, row: FileRow): void => {
  if ('fault' in row) return reject(run, { row: row.row, column: null, message: row.fault });
  const read = readRow(header, row.values, run.deps.parseAddress);
  if (!read.ok) return reject(run, { row: row.row, column: read.column, message: read.message });
  const key = read.email.toLowerCase();
  const repeated = run.seen(key);
  if (repeated) run.report.duplicates += 1;
  const inChunk = run.chunk.get(key);
  run.chunk.set(key, { email: read.email, fields: read.fields, repeated: inChunk?.repeated ?? repeated });
};

const flush = async (run: Run): Promise<void> => {
  const rows = [...run.chunk.values()];
  run.chunk = new Map();
  if (rows.length === 0) return;
  const counts = await run.deps.audiences.upsertContacts(run.audienceId, rows);
  run.report.imported += counts.imported;
  run.report.updated += counts.updated;
  run.report.unchanged += counts.unchanged;
};

const startRun = (deps: ImportContactsDeps, audienceId: string): Run => ({
  deps,
  audienceId,
  seen: createSeenAddresses(),
  report: { imported: 0, updated: 0, unchanged: 0, duplicates: 0, rejected: 0, errors: [] },
  chunk: new Map(),
});

/** Chunks that are stored stay stored when the upload breaks off; the same file can be sent again without doubles. */
export const createImportContacts =
  (deps: ImportContactsDeps) =>
  async (audienceId: string, file: AsyncIterable<FileRow>): Promise<Result<ImportReport>> => {
    if ((await deps.audiences.find(audienceId)) === undefined) return refuse(notFound('audience'));
    const run = startRun(deps, audienceId);
    let header: UploadHeader | undefined;
    for await (const row of file) {
      if (header === undefined) {
        if ('fault' in row) return badFile(row.fault);
        const read = readHeader(row.values);
        if (!read.ok) return badFile(read.message);
        header = read.header;
        continue;
      }
      addRow(run, header, row);
      if (run.chunk.size >= uploadLimits.chunk) await flush(run);
    }
    if (header === undefined) return badFile('the file is empty');
    await flush(run);
    return done(run.report);
  };
