/** The lines of a text that streams in, numbered from 1 as in an editor; what was looked at can be looked at again until it is dropped. */
import type { Readable } from 'node:stream';

type Line = {
  readonly text: string;
  /** CRLF, LF or CR; empty at the end of the file. */
  readonly end: string;
  /** Longer than `maxLine`: its text was not kept. */
  readonly isTooLong: boolean;
};

export type Lines = {
  /** Reads on until line `number` is there. False: the file ends before it. */
  has(number: number): Promise<boolean>;
  /** A line that is there. */
  at(number: number): Line;
  drop(number: number): void;
  /** Leaves the source as it is. */
  close(): Promise<unknown>;
};

/** Guards the memory of the process, in characters. */
export const maxLine = 1_048_576;

const lineEnd = /\r\n|\n|\r/g;

/** Cuts pieces of text into lines. A CR at the end of a piece waits: an LF may follow. */
const createCutter = (onLine: (line: Line) => void) => {
  let pieces: string[] = [];
  let length = 0;
  let carried = '';
  const keep = (text: string): void => {
    length += text.length;
    if (length <= maxLine) pieces.push(text);
    else pieces = [];
  };
  const finish = (end: string): void => {
    onLine({ text: pieces.join(''), end, isTooLong: length > maxLine });
    pieces = [];
    length = 0;
  };
  return (piece: string, isLast: boolean): void => {
    let text = carried + piece;
    carried = !isLast && text.endsWith('\r') ? '\r' : '';
    if (carried !== '') text = text.slice(0, -1);
    let from = 0;
    for (const { 0: end, index } of text.matchAll(lineEnd)) {
      keep(text.slice(from, index));
      finish(end);
      from = index + end.length;
    }
    if (from < text.length) keep(text.slice(from));
    if (isLast && length > 0) finish('');
  };
};

/** UTF-8 with or without a byte order mark. */
export const openLines = (source: Readable): Lines => {
  const chunks = source.iterator({ destroyOnReturn: false });
  const decoder = new TextDecoder();
  const kept = new Map<number, Line>();
  let last = 0;
  let isOver = false;
  const cut = createCutter((line) => void kept.set(++last, line));
  const readOn = async (): Promise<void> => {
    const { value, done } = (await chunks.next()) as IteratorResult<Uint8Array>;
    isOver = done === true;
    cut(isOver ? decoder.decode() : decoder.decode(value as Uint8Array, { stream: true }), isOver);
  };
  return {
    has: async (number) => {
      for (;;) {
        if (number <= last) return true;
        if (isOver) return false;
        await readOn();
      }
    },
    at: (number) => kept.get(number)!,
    drop: (number) => void kept.delete(number),
    close: async () => chunks.return?.(),
  };
};
