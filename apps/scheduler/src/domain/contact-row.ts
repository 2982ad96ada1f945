/** Reads the rows of an upload, of CSV or of JSON lines: which fields there are, and what makes a row a contact. Pure. */
import type { ParseAddress } from './campaign.ts';

export const uploadLimits = {
  columns: 100,
  /** Merge fields of one contact as JSON, in characters. */
  fields: 16_384,
  /** Errors that an answer lists, at most; the others are counted. */
  errors: 1000,
  /** Rows settled in one transaction. */
  chunk: 2000,
  /** Bytes of addresses and fields with which fewer are settled: rows may be large, and a chunk is one statement. */
  chunkBytes: 2 * 1024 * 1024,
  /** Milliseconds after which fewer are settled: a slow upload shows its progress. */
  pauseMs: 5000,
} as const;

/** Columns of CSV or properties of JSON. `row` counts lines from 1; `fault` when the line is neither. */
export type FileRow =
  | { readonly row: number; readonly values: readonly string[] }
  | { readonly row: number; readonly entries: readonly (readonly [name: string, value: unknown])[] }
  | { readonly row: number; readonly fault: string };

/** Rows as they stream in; of CSV the first one names the columns. */
export type ContactFile = { readonly format: 'CSV' | 'NDJSON'; readonly rows: AsyncIterable<FileRow> };

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

const isEmail = (name: string): boolean => /^email$/i.test(name);

/** How others call the column of addresses. */
const otherEmail = /^(e[-_ ]?)?mail([-_ ]?address)?$/i;

/** What an address in the first line comes from. */
const addressAdvice =
  ': is the line with the names of the columns missing, or has the file lost its line ends (curl: --data-binary)?';

const emailFault = (names: readonly string[]): string | undefined => {
  const other = names.includes('email') ? undefined : names.find((name) => otherEmail.test(name));
  return other && `the column of addresses is called "email", not "${other}"`;
};

const nameFault = (name: string, earlier: readonly string[]): string | undefined => {
  if (!fieldName.test(name)) {
    const advice = name.includes('@') ? addressAdvice : ': use letters, digits and _, as in first_name';
    return `column "${name.slice(0, 64)}" cannot be a merge field${advice}`;
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
  const names = values.map((value) => value.trim()).map((name) => (isEmail(name) ? 'email' : name));
  const fault =
    lineFault(values) ??
    emailFault(names) ??
    names.map((name, index) => nameFault(name, names.slice(0, index))).find((text) => text !== undefined);
  if (fault !== undefined) return { ok: false, message: fault };
  const email = names.indexOf('email');
  if (email === -1) return { ok: false, message: 'the first line must name the columns, one of them "email"' };
  const fields = names.map((name, index) => ({ index, name })).filter(({ index }) => index !== email);
  return { ok: true, header: { width: names.length, email, fields } };
};

const valueFault = (value: string): string | undefined => {
  if (value.includes(replacement) || !value.isWellFormed()) return 'the value is not UTF-8';
  return value.includes('\0') ? 'the value contains a NUL character' : undefined;
};

export type ReadRow =
  | { readonly ok: true; readonly email: string; readonly fields: string }
  | { readonly ok: false; readonly column: string | null; readonly message: string };

const refused = (column: string | null, message: string): ReadRow => ({ ok: false, column, message });

type Field = readonly [name: string, value: string];

/** Fields without a value are left out, so that `default` in a template applies. */
const contactOf = (address: string, fields: readonly Field[], parseAddress: ParseAddress): ReadRow => {
  for (const [name, value] of [['email', address] as const, ...fields]) {
    const message = valueFault(value);
    if (message !== undefined) return refused(name, message);
  }
  const email = parseAddress(address.trim());
  if (!email.ok) return refused('email', email.reason);
  const text = JSON.stringify(Object.fromEntries(fields.filter(([, value]) => value !== '')));
  if (text.length > uploadLimits.fields)
    return refused(null, `the row is longer than ${uploadLimits.fields} characters`);
  return { ok: true, email: email.address, fields: text };
};

/** One row below the header as a contact, or the column that is wrong with it. */
export const readRow = (header: UploadHeader, values: readonly string[], parseAddress: ParseAddress): ReadRow => {
  if (values.length !== header.width) {
    return refused(null, `the row has ${values.length} columns, the header has ${header.width}`);
  }
  const fields = header.fields.map(({ index, name }): Field => [name, values[index]!]);
  return contactOf(values[header.email]!, fields, parseAddress);
};

type Entry = readonly [name: string, value: unknown];

/** Numbers and truth values as JSON writes them; null is no value. */
const textOf = (value: unknown): string | undefined => {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
};

const entryFault = ([name, value]: Entry, earlier: readonly string[]): ReadRow | undefined => {
  const fault = binary.test(name) ? 'the name of a property is not text' : nameFault(name, earlier);
  if (fault !== undefined) return refused(null, fault);
  return textOf(value) === undefined
    ? refused(name, 'the value must be text, a number, true, false or null')
    : undefined;
};

/** One line of JSON as a contact: `email` is the address, every other property a merge field. */
export const readEntries = (given: readonly Entry[], parseAddress: ParseAddress): ReadRow => {
  if (given.length > uploadLimits.columns) return refused(null, `at most ${uploadLimits.columns} properties`);
  const entries = given.map(([name, value]): Entry => [isEmail(name) ? 'email' : name, value]);
  const names = entries.map(([name]) => name);
  for (const [index, entry] of entries.entries()) {
    const fault = entryFault(entry, names.slice(0, index));
    if (fault !== undefined) return fault;
  }
  const email = entries.find(([name]) => name === 'email')?.[1];
  if (typeof email !== 'string') return refused('email', 'the property "email" must be there, and be text');
  const fields = entries.filter(([name]) => name !== 'email').map(([name, value]): Field => [name, textOf(value)!]);
  return contactOf(email, fields, parseAddress);
};
