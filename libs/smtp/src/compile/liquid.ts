/** Reads Liquid templates: no files, no partials, bounded work; and takes them apart, so that their fixed text can be encoded once. */
import { Context, Liquid, LiquidError, TokenKind, type Template } from 'liquidjs';

/** The variables of one recipient. */
export type Fields = Readonly<Record<string, unknown>>;

/** One recipient while a template is rendered; the engine's own context is made when the first piece needs it. */
export type Scope = { readonly fields: Fields; context: Context | undefined };

/** Text that is the same for everybody, or something to compute for each recipient. */
export type Piece = string | ((scope: Scope) => string);

export type ParsedTemplate =
  /** Text, outputs and tags that touch nothing but their own inside. */
  | { kind: 'PIECES'; pieces: readonly Piece[] }
  /** A tag reaches further, as `assign` does: the whole is rendered for each recipient. */
  | { kind: 'WHOLE'; render(fields: Fields): string };

/** A template that cannot be used; `line` counts from 1, null when the fault has no place. */
export class TemplateFault extends Error {
  readonly line: number | null;

  constructor(message: string, line: number | null) {
    super(message);
    this.name = 'TemplateFault';
    this.line = line;
  }
}

export type Escaping = 'HTML' | 'NONE';

/** Characters of a template and of what it renders, at most. */
export const templateLimit = 1_000_000;
/** The engine takes them off the front of a list, which costs the square of their number when there are more. */
const mostOutputs = 10_000;
const limits = { renderLimit: 250, memoryLimit: 5_000_000, templateLimit: 100_000 };

/** Tags without side doors: nothing that reads other templates, and nothing that writes a value past the escaping. */
const allowedTags = new Set(
  'assign capture if unless case for break continue comment raw # increment decrement'.split(' '),
);

const createEngine = (escaping: Escaping): Liquid => {
  const engine = new Liquid({
    templates: {},
    strictFilters: true,
    strictVariables: false,
    ownPropertyOnly: true,
    parseLimit: templateLimit,
    timezoneOffset: 0,
    locale: 'en-US',
    ...(escaping === 'HTML' ? { outputEscape: 'escape' as const } : {}),
  });
  for (const tag of Object.keys(engine.tags)) if (!allowedTags.has(tag)) delete engine.tags[tag];
  return engine;
};

const engines: Readonly<Record<Escaping, Liquid>> = { HTML: createEngine('HTML'), NONE: createEngine('NONE') };

/** What the engine says when a bound is reached, and what its author can do. */
const bounds: readonly (readonly [RegExp, string])[] = [
  [/memory alloc limit/, 'it needs too much memory: make its loops and texts shorter'],
  [/template render limit/, `it takes longer than ${limits.renderLimit} ms: make its loops shorter`],
  [/parse length limit/, `it has more than ${templateLimit} characters`],
  [/call stack/, 'its tags are nested too deeply'],
];

const faultOf = (error: unknown): TemplateFault => {
  if (!LiquidError.is(error)) return new TemplateFault(error instanceof Error ? error.message : String(error), null);
  const [line] = error.token.getPosition();
  const said = error.originalError?.message ?? error.message;
  const message = bounds.find(([pattern]) => pattern.test(said))?.[1] ?? said;
  return new TemplateFault(message.replace(/, (?:file:.*?, )?line:\d+, col:\d+$/, ''), line ?? null);
};

export const scopeOf = (fields: Fields): Scope => ({ fields, context: undefined });

const renderWith = (engine: Liquid, templates: Template[], scope: Scope): string => {
  let text: unknown;
  try {
    scope.context ??= new Context(scope.fields, engine.options, { ...limits, sync: true }, { liquid: engine });
    text = engine.renderSync(templates, scope.context);
  } catch (error) {
    throw faultOf(error);
  }
  if (typeof text !== 'string') return '';
  if (text.length > templateLimit) throw new TemplateFault(`it renders to more than ${templateLimit} characters`, null);
  return text;
};

const specials: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};
const special = /[&<>"']/;

/** The same five characters that Liquid's `escape` filter replaces. */
export const escapeHtml = (text: string): string =>
  special.test(text) ? text.replace(/[&<>"']/g, (character) => specials[character] ?? '') : text;

const variableName = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const literals = new Set(['true', 'false', 'nil', 'null', 'empty', 'blank', 'undefined', 'NaN']);

/** An output that only names a variable is read without the engine: it is most of what campaigns contain. */
const fieldPiece = (name: string, escaping: Escaping, slow: (scope: Scope) => string): Piece => {
  const escape = escaping === 'HTML' ? escapeHtml : (text: string): string => text;
  return (scope) => {
    const value = Object.hasOwn(scope.fields, name) ? scope.fields[name] : undefined;
    if (typeof value === 'string') return escape(value);
    if (value === undefined || value === null) return '';
    return slow(scope);
  };
};

const computedPiece = (engine: Liquid, template: Template, content: string, escaping: Escaping): Piece => {
  const slow = (scope: Scope): string => renderWith(engine, [template], scope);
  if (template.token.kind !== TokenKind.Output) return slow;
  return variableName.test(content) && !literals.has(content) ? fieldPiece(content, escaping, slow) : slow;
};

const piecesOf = (engine: Liquid, templates: readonly Template[], escaping: Escaping): Piece[] =>
  templates.map((template) => {
    const token = template.token as { kind: TokenKind; getContent?(): string; content?: string };
    if (token.kind === TokenKind.HTML) return token.getContent?.() ?? '';
    return computedPiece(engine, template, token.content ?? '', escaping);
  });

/** Tags whose effect goes past their own end. */
const farTag = /\{%-?\s*(?:assign|capture|increment|decrement|break|continue)\b/;

/** Throws TemplateFault. Unknown variables render as nothing; unknown filters and tags are faults. */
export const parseTemplate = (source: string, escaping: Escaping): ParsedTemplate => {
  if ((source.match(/\{[{%]/g)?.length ?? 0) > mostOutputs)
    throw new TemplateFault(`it has more than ${mostOutputs} outputs and tags`, null);
  const engine = engines[escaping];
  let templates: Template[];
  try {
    templates = engine.parse(source);
  } catch (error) {
    throw faultOf(error);
  }
  if (!farTag.test(source)) return { kind: 'PIECES', pieces: piecesOf(engine, templates, escaping) };
  return { kind: 'WHOLE', render: (fields) => renderWith(engine, templates, scopeOf(fields)) };
};

/** The text for one recipient, not encoded. Throws TemplateFault. */
export const renderTemplate = (template: ParsedTemplate, fields: Fields): string => {
  if (template.kind === 'WHOLE') return template.render(fields);
  const scope = scopeOf(fields);
  return template.pieces.map((piece) => (typeof piece === 'string' ? piece : piece(scope))).join('');
};
