/**
 * The lines of the log on their way out. Each is written at once, so that the last one is out before the process ends. A reader that is
 * slow is waited for, for a while; one that stands still costs lines, never memory; one that is gone costs nothing at all.
 */
import { writeSync } from 'node:fs';

const stepMs = 10;
/** The process stands still meanwhile, and only once for a reader that does not come back. */
const patienceMs = 1000;

const pause = new Int32Array(new SharedArrayBuffer(4));

type LineWriter = { write(line: string): void };

const nothing = Buffer.alloc(0);

/** Writes what goes, and waits for room at most `patience` milliseconds. What is left; undefined when the reader is gone. */
const push = (fd: number, bytes: Buffer, patience: number): Buffer | undefined => {
  let left = bytes;
  for (let waited = 0; left.length > 0;) {
    try {
      left = left.subarray(writeSync(fd, left));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return undefined;
      if (waited >= patience) return left;
      Atomics.wait(pause, 0, 0, stepMs);
      waited += stepMs;
    }
  }
  return nothing;
};

/** `rest`: of a line that has begun. It goes first, or the next one would stand in the middle of it. */
type Outlet = { readonly fd: number; rest: Buffer | undefined; leftOut: number };

const gapOf = ({ leftOut }: Outlet): string =>
  leftOut === 0 ? '' : `{"level":"warn","message":"${leftOut} lines were left out: nobody read them"}\n`;

const writeLine = (outlet: Outlet, line: string): void => {
  const patience = outlet.leftOut === 0 ? patienceMs : 0;
  if (outlet.rest !== undefined) outlet.rest = push(outlet.fd, outlet.rest, patience);
  if (outlet.rest === undefined) return;
  const bytes = Buffer.from(gapOf(outlet) + line);
  const left = outlet.rest.length > 0 ? bytes : push(outlet.fd, bytes, patience);
  if (left?.length === bytes.length) {
    outlet.leftOut += 1;
    return;
  }
  outlet.rest = left;
  outlet.leftOut = 0;
};

/** Writes to file descriptor `fd`, a pipe that does not block or a file. */
const createLineWriter = (fd: number): LineWriter => {
  const outlet: Outlet = { fd, rest: nothing, leftOut: 0 };
  return { write: (line) => writeLine(outlet, line) };
};

/** Asking for `process.stdout` sets a pipe so that it does not block. */
export const standardOutput = (): LineWriter => {
  process.stdout.on('error', () => undefined);
  return createLineWriter(1);
};
