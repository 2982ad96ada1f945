/** Reads the rows of an upload: which columns there are, and what makes a row a contact. Pure. */
import type { ParseAddress } from './campaign.ts';

export const uploadLimits = {
  columns: 100,
  /** Merge fields of one contact as JSON, in characters. */
  fields: 16_384,
  /** Errors that an answer lists, at most; the others are counted. */
  errors: 1000,
  /** Contacts stored in one transaction. */
  chunk: 2000,
} as const;

/** A row as it stands in the file. `row` counts from 1, the header line; `fault` when it cannot be read as CSV. */
export type FileRow =
  { readonly row: number; readonly values: readonly string[] } | { readonly row: number; readonly fault: string };

export type RowError = { readonly row: number; readonly column: string | null; readonly message: string };

export type UploadHeader = {
  readonly width: number;
  /** Index of the column `email`. */
  readonly email: number;
  readonly fields: readonly { readonly index: number; readonly name: string }[];
};

const fieldName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
/** What the decoder puts in the place of bytes that are not UTF-8. */
const replacement = '\u{fffd}';

const nameFault = (name: string, earlier: readonly string[]): string | undefined => {
  if (!fieldName.test(name)) {
    return `column "${name.slice(0, 64)}" cannot be a merge field: use letters, digits and _, as in first_name`;
  }
  return earlier.includes(name) ? `column "${name}" is there twice` : undefined;
};

/** A file of another kind, or text in another encoding; its bytes do not belong into an answer. */
const binary = /[^\P{Cc}\t\n\r]|\u{fffd}/u;

const separators: readonly [name: string, sign: string][] = [
  ['semicolons', ';'],
  ['tabs', '\t'],
];

/** What is wrong with the first line as a whole. */
const lineFault = (values: readonly string[]): string | undefined => {
  if (values.some((value) => binary.test(value))) return 'the first line is not text in UTF-8: is this a CSV file?';
  if (values.length > uploadLimits.columns) return `at most ${uploadLimits.columns} columns`;
  const other = values.length === 1 ? separators.find(([, sign]) => values[0]!.includes(sign)) : undefined;
  return other && `the columns are separated by ${other[0]}: separate them by commas, as in email,first_name`;
};

/** The header line, or why no row below it can be used. */
export const readHeader = (
  values: readonly string[],
): { ok: true; header: UploadHeader } | { ok: false; message: string } => {
  const names = values.map((value) => (/^email$/i.test(value.trim()) ? 'email' : value.trim()));
  const fault =
    lineFault(values) ??
    names.map((name, index) => nameFault(name, names.slice(0, index))).find((text) => text !== undefined);
  if (fault !== undefined) return { ok: false, message: fault };
  const email = names.indexOf('email');
  if (email === -1) return { ok: false, message: 'the first line must name the columns, one of them "email"' };
  const fields = names.map((name, index) => ({ index, name })).filter(({ index }) => index !== email);
  return { ok: true, header: { width: names.length, email, fields } };
};

const valueFault = (value: string): string | undefined => {
  if (value.includes(replacement)) return 'the value is not UTF-8';
  return value.includes('\0') ? 'the value contains a NUL character' : undefined;
};

const columnFault = (
  header: UploadHeader,
  values: readonly string[],
): { column: string; message: string } | undefined => {
  for (const { index, name } of [{ index: header.email, name: 'email' }, ...header.fields]) {
    const message = valueFault(values[index]!);
    if (message !== undefined) return { column: name, message };
  }
  return undefined;
};

/** Fields without a value are left out, so that `default` in a template applies. */
const fieldsOf = (header: UploadHeader, values: readonly string[]): string => {
  const fields: Record<string, string> = {};
  for (const { index, name } of header.fields) if (values[index] !== '') fields[name] = values[index]!;
  return JSON.stringify(fields);
};

export type ReadRow =
  | { readonly ok: true; readonly email: string; readonly fields: string }
  | { readonly ok: false; readonly column: string | null; readonly message: string };

const refused = (column: string | null, message: string): ReadRow => ({ ok: false, column, message });

/** One row below the header as a contact, or the column that is wrong with it. */
export const readRow = (header: UploadHeader, values: readonly string[], parseAddress: ParseAddress): ReadRow => {
  if (values.length !== header.width) {
    return refused(null, `the row has ${values.length} columns, the header has ${header.width}`);
  }
  const fault = columnFault(header, values);
  if (fault !== undefined) return refused(fault.column, fault.message);
  const email = parseAddress(values[header.email]!.trim());
  if (!email.ok) return refused('email', email.reason);
  const fields = fieldsOf(header, values);
  if (fields.length > uploadLimits.fields)
    return refused(null, `the row is longer than ${uploadLimits.fields} characters`);
  return { ok: true, email: email.address, fields };
};
