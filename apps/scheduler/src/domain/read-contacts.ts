/** Reads rows of an upload one after the other: of CSV the first names the columns, of JSON lines each stands for itself. */
import type { ParseAddress } from './campaign.ts';
import {
  readEntries,
  readHeader,
  readRow,
  type ContactFile,
  type FileRow,
  type ReadRow,
  type UploadHeader,
} from './contact-row.ts';

export type Read =
  | { readonly kind: 'HEADER' }
  | { readonly kind: 'CONTACT'; readonly email: string; readonly fields: string }
  | { readonly kind: 'BAD_ROW'; readonly column: string | null; readonly message: string }
  /** No row of it can be used. */
  | { readonly kind: 'BAD_FILE'; readonly message: string };

export type Reader = (row: FileRow) => Read;

const readOf = (row: ReadRow): Read =>
  row.ok
    ? { kind: 'CONTACT', email: row.email, fields: row.fields }
    : { kind: 'BAD_ROW', column: row.column, message: row.message };

const faultOf = (message: string): Read => ({ kind: 'BAD_ROW', column: null, message });

export const createReader = (format: ContactFile['format'], parseAddress: ParseAddress): Reader => {
  let header: UploadHeader | undefined;
  return (row) => {
    if ('entries' in row) return readOf(readEntries(row.entries, parseAddress));
    if ('fault' in row && (header !== undefined || format === 'NDJSON')) return faultOf(row.fault);
    if ('fault' in row) return { kind: 'BAD_FILE', message: row.fault };
    if (header !== undefined) return readOf(readRow(header, row.values, parseAddress));
    const read = readHeader(row.values);
    if (!read.ok) return { kind: 'BAD_FILE', message: read.message };
    header = read.header;
    return { kind: 'HEADER' };
  };
};
