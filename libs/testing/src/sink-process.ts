/** Starts the sink as a process of its own, for tests that kill it and benches that give it a core of its own. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { AppError } from '@sendpool/kernel';
import type { SinkRule } from './rules.ts';
import type { ReceivedMail, SinkOptions } from './sink.ts';

export type SinkConfig = Omit<SinkOptions, 'behave' | 'onMail' | 'onCut' | 'keepData' | 'keepReceived'> & {
  /** Received mails are added to this file as JSON lines, each before the reply to its final dot. */
  file?: string;
  rules?: SinkRule[];
  /** For the rules BY_CHANCE. */
  seed?: number;
};

export type SinkProcess = {
  readonly pid: number;
  readonly port: number;
  /** PEM to pin; null without TLS. Hand in `certificate` to keep it over a restart. */
  readonly ca: string | null;
  setRules(rules: readonly SinkRule[]): Promise<void>;
  /** Resolves when the process is gone; SIGTERM by default. */
  stop(signal?: NodeJS.Signals): Promise<void>;
};

type Child = ChildProcessByStdio<Writable, Readable, null>;

const nextLine = async (lines: Interface, child: Child): Promise<string> => {
  const line = once(lines, 'line') as Promise<[string]>;
  const gone = once(child, 'exit').then(() => {
    throw new AppError('UNAVAILABLE', 'the sink ended before it answered');
  });
  const [text] = await Promise.race([line, gone]);
  return text;
};

const main = fileURLToPath(new URL('sink-main.ts', import.meta.url));

/** Rejects AppError UNAVAILABLE when the process cannot listen. */
export const startSinkProcess = async (config: SinkConfig): Promise<SinkProcess> => {
  const child: Child = spawn(process.execPath, [main, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const ready = JSON.parse(await nextLine(lines, child)) as { port: number; ca: string | null };
  return {
    pid: child.pid ?? 0,
    ...ready,
    setRules: async (rules) => {
      child.stdin.write(`${JSON.stringify({ rules })}\n`);
      await nextLine(lines, child);
    },
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
};

/** The mails in the file of a sink, those that were cut among them; a last line that is not complete is left out. */
const readLines = (path: string): ReceivedMail[] => {
  const text = readFileSync(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReceivedMail);
};

/** The mails that a sink received. */
export const readMailLog = (path: string): ReceivedMail[] => readLines(path).filter(({ cut }) => cut === undefined);

/** The mails that a fault ended in the middle of their content. */
export const readCutMails = (path: string): ReceivedMail[] => readLines(path).filter(({ cut }) => cut === true);
