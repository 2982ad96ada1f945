/**
 * How far a reader of delivery events is: the next offset of each lane, by the number of the lane. As a cursor it is text that clients keep
 * and do not look into; it outlives every process, and lanes that are added later.
 */

/** Lanes that are not there begin at 0. */
export type Places = readonly number[];

const version = 1;
const maxLanes = 1024;
/** Of 1,024 lanes with nine bytes each, as base64. */
const maxLength = 12_400;

export const placeOf = (places: Places, lane: number): number => places[lane] ?? 0;

/** Seven bits a byte, the lowest first (LEB128). */
const writeNumber = (bytes: number[], value: number): void => {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
};

export const cursorOf = (places: Places): string => {
  const bytes = [version];
  writeNumber(bytes, places.length);
  for (let lane = 0; lane < places.length; lane += 1) writeNumber(bytes, placeOf(places, lane));
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

/** Undefined when the text is none of ours: only what `cursorOf` would write is taken. */
export const placesOf = (cursor: string): Places | undefined => {
  if (cursor.length > maxLength) return undefined;
  const bytes = Buffer.from(cursor, 'base64url');
  const [count, ...places] = readNumbers(bytes.subarray(1));
  const isWhole = count === places.length && count <= maxLanes && places.every(Number.isSafeInteger);
  return isWhole && cursorOf(places) === cursor ? places : undefined;
};
