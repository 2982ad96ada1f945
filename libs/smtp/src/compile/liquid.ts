/** Reads Liquid templates: no files, no partials, bounded work; and takes simple ones apart, so that their fixed text can be encoded once. */
import { Liquid, LiquidError, TokenKind, type Template } from 'liquidjs';

/** The variables of one recipient. */
export type Fields = Readonly<Record<string, unknown>>;

/** Text that is the same for everybody, or something to compute for each recipient. */
export type Piece = string | ((fields: Fields) => string);

export type ParsedTemplate =
  /** Only text and outputs: adjacent texts are one piece. */
  | { kind: 'PIECES'; pieces: readonly Piece[] }
  /** With tags: the whole is rendered for each recipient. */
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

const faultOf = (error: unknown): TemplateFault => {
  if (!LiquidError.is(error)) return new TemplateFault(error instanceof Error ? error.message : String(error), null);
  const [line] = error.token.getPosition();
  const message = error.originalError?.message ?? error.message;
  return new TemplateFault(message.replace(/, (?:file:.*?, )?line:\d+, col:\d+$/, ''), line ?? null);
};

const renderWith = (engine: Liquid, templates: Template[], fields: Fields): string => {
  let text: unknown;
  try {
    text = engine.renderSync(templates, fields, limits);
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
const fieldPiece = (name: string, escaping: Escaping, slow: (fields: Fields) => string): Piece => {
  const escape = escaping === 'HTML' ? escapeHtml : (text: string): string => text;
  return (fields) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (typeof value === 'string') return escape(value);
    if (value === undefined || value === null) return '';
    return slow(fields);
  };
};

const outputPiece = (engine: Liquid, template: Template, content: string, escaping: Escaping): Piece => {
  const slow = (fields: Fields): string => renderWith(engine, [template], fields);
  return variableName.test(content) && !literals.has(content) ? fieldPiece(content, escaping, slow) : slow;
};

const piecesOf = (engine: Liquid, templates: readonly Template[], escaping: Escaping): Piece[] =>
  templates.map((template) => {
    const token = template.token as { kind: TokenKind; getContent?(): string; content?: string };
    if (token.kind === TokenKind.HTML) return token.getContent?.() ?? '';
    return outputPiece(engine, template, token.content ?? '', escaping);
  });

const isSimple = (template: Template): boolean =>
  template.token.kind === TokenKind.HTML || template.token.kind === TokenKind.Output;

/** Throws TemplateFault. Unknown variables render as nothing; unknown filters and tags are faults. */
export const parseTemplate = (source: string, escaping: Escaping): ParsedTemplate => {
  const engine = engines[escaping];
  let templates: Template[];
  try {
    templates = engine.parse(source);
  } catch (error) {
    throw faultOf(error);
  }
  if (templates.every(isSimple)) return { kind: 'PIECES', pieces: piecesOf(engine, templates, escaping) };
  return { kind: 'WHOLE', render: (fields) => renderWith(engine, templates, fields) };
};

/** The text for one recipient, not encoded. Throws TemplateFault. */
export const renderTemplate = (template: ParsedTemplate, fields: Fields): string =>
  template.kind === 'WHOLE'
    ? template.render(fields)
    : template.pieces.map((piece) => (typeof piece === 'string' ? piece : piece(fields))).join('');
