/** Writes rows of CSV (RFC 4180) that no spreadsheet takes for formulas. */

export type Cell = string | number | null;

/** A spreadsheet runs what begins like this; the apostrophe makes it text (OWASP, CSV injection). */
const isFormula = /^[=+\-@\t\r]/;
const needsQuotes = /[",\r\n]/;

const textOf = (cell: Cell): string => {
  if (typeof cell === 'number') return String(cell);
  const text = cell ?? '';
  const safe = isFormula.test(text) ? `'${text}` : text;
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

export const csvLine = (cells: readonly Cell[]): string => `${cells.map(textOf).join(',')}\r\n`;
