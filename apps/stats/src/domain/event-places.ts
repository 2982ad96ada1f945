/**
 * How far a reader of delivery events is: the next offset of each lane, by the number of the lane, and the newest record before them, by
 * which the log is known again. As a cursor it is text that clients keep and do not look into; it outlives every process, and lanes that are
 * added later.
 */

/** Lanes that are not there begin at 0. */
export type Places = readonly number[];

/** A record by its place and when it was written, milliseconds since 1970: in a log that was restored or made anew another one lies there. */
export type Mark = { readonly lane: number; readonly offset: number; readonly at: number };

/** `newest`: of the records before the places; undefined when there are none, or none that is known. */
export type Bookmark = { readonly places: Places; readonly newest: Mark | undefined };

/** Without a mark and with one. Cursors of Sendpool before marks are of the first kind, and are taken. */
const [plain, marked] = [1, 2];
const maxLanes = 1024;
/** Of 1,024 lanes with nine bytes each and a mark, as base64. */
const maxLength = 12_400;

export const placeOf = (places: Places, lane: number): number => places[lane] ?? 0;

/** Seven bits a byte, the lowest first (LEB128). */
const writeNumber = (bytes: number[], value: number): void => {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
};

export const newerOf = (one: Mark | undefined, other: Mark | undefined): Mark | undefined =>
  one === undefined || (other !== undefined && other.at >= one.at) ? other : one;

/** The offset by how far it lies before the place of its lane. */
const markNumbers = (places: Places, { lane, offset, at }: Mark): number[] => [
  lane,
  placeOf(places, lane) - offset,
  at,
];

export const cursorOf = ({ places, newest }: Bookmark): string => {
  const bytes = [newest === undefined ? plain : marked];
  writeNumber(bytes, places.length);
  for (let lane = 0; lane < places.length; lane += 1) writeNumber(bytes, placeOf(places, lane));
  for (const number of newest === undefined ? [] : markNumbers(places, newest)) writeNumber(bytes, number);
  return Buffer.from(bytes).toString('base64url');
};

const readNumbers = (bytes: Buffer): number[] => {
  const numbers: number[] = [];
  let [value, scale] = [0, 1];
  for (const byte of bytes) {
    value += (byte % 128) * scale;
    scale *= 128;
    if (byte >= 128) continue;
    numbers.push(value);
    [value, scale] = [0, 1];
  }
  return numbers;
};

const markOf = (places: Places, [lane, before, at]: readonly number[]): Mark | undefined =>
  lane === undefined || before === undefined || at === undefined
    ? undefined
    : { lane, offset: placeOf(places, lane) - before, at };

/** Undefined when the text is none of ours: only what `cursorOf` would write is taken. */
export const bookmarkOf = (cursor: string): Bookmark | undefined => {
  if (cursor.length > maxLength) return undefined;
  const bytes = Buffer.from(cursor, 'base64url');
  const [count = 0, ...numbers] = readNumbers(bytes.subarray(1));
  const places = numbers.slice(0, count);
  const newest = markOf(places, numbers.slice(count));
  const isWhole = places.length === count && count <= maxLanes && numbers.every(Number.isSafeInteger);
  const isBefore = newest === undefined || newest.offset >= 0;
  return isWhole && isBefore && cursorOf({ places, newest }) === cursor ? { places, newest } : undefined;
};
