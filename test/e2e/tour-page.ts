/** A page of documentation as steps that can be run: shell blocks, GraphQL documents with their variables, programs, and the answers shown. */
import assert from 'node:assert/strict';

export type Step =
  | { kind: 'SHELL' | 'PROGRAM'; text: string; shown: string }
  | { kind: 'GRAPHQL'; text: string; variables: unknown; shown: unknown };

type Block = { language: string; text: string };

const blocksOf = (page: string): Block[] =>
  [...page.matchAll(/^```([\w ]+)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language: language!, text: text! }));

const kinds: Readonly<Record<string, Step['kind']>> = { bash: 'SHELL', ts: 'PROGRAM', graphql: 'GRAPHQL' };

const stepOf = ({ language, text }: Block, following: readonly Block[]): Step => {
  const kind = kinds[language]!;
  const end = following.findIndex((block) => block.language in kinds);
  const own = end === -1 ? following : following.slice(0, end);
  const find = (name: string): string | undefined => own.find((block) => block.language === name)?.text;
  if (kind !== 'GRAPHQL') return { kind, text, shown: find('text')! };
  return {
    kind,
    text,
    variables: JSON.parse(find('json variables') ?? '{}'),
    shown: JSON.parse(find('json answer')!),
  };
};

/** In their order. Blocks of other languages, as `sh` for what goes into other terminals, are left out. */
export const stepsOf = (page: string): Step[] => {
  const blocks = blocksOf(page);
  return blocks.flatMap((block, at) => (block.language in kinds ? [stepOf(block, blocks.slice(at + 1))] : []));
};

/** Values of the placeholders in capitals, as `<CAMPAIGN>`; those in small letters stand for any text. */
export type Bindings = Map<string, string>;

const placeholder = /<([A-Za-z_]+)>/g;
const isBound = (name: string): boolean => name === name.toUpperCase();

/** Puts values in the place of `<NAME>`, in every text of a JSON value. */
export const fill = (value: unknown, bindings: Bindings): unknown =>
  JSON.parse(
    JSON.stringify(value).replaceAll(placeholder, (whole, name: string) => bindings.get(name) ?? whole),
  ) as unknown;

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** CSV ends its lines with CR and LF (RFC 4180). */
const plain = (said: string): string => said.replaceAll('\r\n', '\n').trim();

const patternOf = (shown: string, bindings: Bindings): RegExp => {
  const parts = shown.trim().split(placeholder);
  const pattern = parts.map((part, at) => {
    if (at % 2 === 0) return escape(part).replaceAll(/^…$/gm, '(?:.*\\n)*?.*');
    const bound = bindings.get(part);
    return bound === undefined ? `(?<${part}>[^\\n]+?)` : escape(bound);
  });
  return new RegExp(`^${pattern.join('')}$`);
};

/** Whether `said` is what the page shows, without binding anything. */
export const isShown = (said: string, shown: string, bindings: Bindings): boolean =>
  patternOf(shown, bindings).test(plain(said));

/** Fails with both texts; binds placeholders in capitals that were not bound before. */
export const compareText = (said: string, shown: string, bindings: Bindings): void => {
  const found = patternOf(shown, bindings).exec(plain(said));
  assert.ok(found !== null, `the page shows\n${shown}\nbut it was\n${said}`);
  for (const [name, value] of Object.entries(found.groups ?? {})) if (isBound(name)) bindings.set(name, value);
};

const withPlaceholders = (actual: unknown, shown: unknown, bindings: Bindings): unknown => {
  if (typeof actual === 'string' && typeof shown === 'string') {
    const name = /^<([A-Za-z_]+)>$/.exec(shown)?.[1];
    if (name === undefined || actual === '') return actual;
    if (isBound(name) && !bindings.has(name)) bindings.set(name, actual);
    return !isBound(name) || bindings.get(name) === actual ? shown : actual;
  }
  // A number that differs is shown as text in the page: JSON knows no other placeholder.
  if (typeof actual === 'number' && typeof shown === 'string' && /^<[a-z_]+>$/.test(shown)) return shown;
  if (Array.isArray(actual))
    return actual.map((item, at) => withPlaceholders(item, (shown as unknown[] | undefined)?.[at], bindings));
  if (typeof actual !== 'object' || actual === null) return actual;
  const entries = Object.entries(actual).map(([name, value]) => {
    const wanted = (shown as Record<string, unknown> | null | undefined)?.[name];
    return [name, withPlaceholders(value, wanted, bindings)] as const;
  });
  return Object.fromEntries(entries);
};

export const compareJson = (actual: unknown, shown: unknown, bindings: Bindings): void =>
  assert.deepEqual(withPlaceholders(actual, shown, bindings), shown);
