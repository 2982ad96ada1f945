/** Keeps secrets out of the log: by the name of a field at any depth, and by the shape of a text. */

const secretName =
  /(^pass|password|passphrase|secret|authorization|apikey|token|cookie|credentials?|credentialskey|privatekey)s?$/;
const maxDepth = 6;
const maxItems = 100;
const hidden = '[redacted]';

const isSecretName = (name: string): boolean => secretName.test(name.toLowerCase().replaceAll(/[^a-z]/g, ''));

/** A text without the API keys, bearer tokens and URL passwords that it quotes. */
export const redactText = (text: string): string =>
  text
    .replaceAll(/\bsp_[0-9a-f]{8}_[\w-]+/g, 'sp_[redacted]')
    .replaceAll(/\b(bearer|basic) +[\w.~+/=-]+/gi, '$1 [redacted]')
    .replaceAll(/(\w:\/\/[^\s:/@]*):[^\s/@]+@/g, '$1:[redacted]@');

const redactError = (error: Error, depth: number): Record<string, unknown> => ({
  ...(redactObject(error, depth) as Record<string, unknown>),
  name: error.name,
  message: redactText(error.message),
  stack: redactText(error.stack ?? ''),
  ...(error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }),
});

const redactObject = (value: object, depth: number): unknown =>
  Object.fromEntries(
    Object.entries(value)
      .slice(0, maxItems)
      .map(([name, entry]) => [name, isSecretName(name) ? hidden : redact(entry, depth + 1)]),
  );

/** A copy of anything that is safe to log. Deep nests are cut at 6 levels, lists at 100 items, bytes to their length. */
export const redact = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) return '[deeper]';
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof URL) return redactText(value.href);
  if (value instanceof Map) return redactObject(Object.fromEntries(value), depth);
  if (Array.isArray(value) || value instanceof Set)
    return [...value].slice(0, maxItems).map((entry) => redact(entry, depth + 1));
  return redactObject(value, depth);
};
