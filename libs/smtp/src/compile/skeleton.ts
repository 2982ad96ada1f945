/** A text part with its fixed runs already encoded; only values are encoded for each recipient. */
import { TemplateFault, scopeOf, templateLimit, type Fields, type ParsedTemplate, type Piece } from './liquid.ts';
import { encodeFixed, encodeText } from './quoted-printable.ts';

/** Quoted-printable text of one recipient. Throws TemplateFault. */
export type EncodedPart = (fields: Fields) => string;

type Value = Exclude<Piece, string>;

/** Puts fixed texts and values in turns: text, value, text, …, text. */
const alternate = (pieces: readonly Piece[]): { texts: string[]; values: Value[] } => {
  const texts = [''];
  const values: Value[] = [];
  for (const piece of pieces) {
    if (typeof piece === 'string') texts[texts.length - 1] += piece;
    else {
      values.push(piece);
      texts.push('');
    }
  }
  return { texts, values };
};

const fromPieces = (pieces: readonly Piece[]): EncodedPart => {
  const { texts, values } = alternate(pieces);
  const last = values.length;
  const fixed = texts.map((text, at) => encodeFixed(text, { afterValue: at > 0, beforeValue: at < last }));
  return (fields) => {
    const scope = scopeOf(fields);
    let part = fixed[0] ?? '';
    for (let at = 0; at < last; at += 1) {
      part += encodeText(values[at]!(scope)) + fixed[at + 1]!;
      if (part.length > 3 * templateLimit) throw new TemplateFault('its values are too long', null);
    }
    return part;
  };
};

export const encodePart = (template: ParsedTemplate): EncodedPart =>
  template.kind === 'PIECES' ? fromPieces(template.pieces) : (fields) => encodeText(template.render(fields));
