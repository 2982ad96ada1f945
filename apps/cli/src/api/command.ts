/** What a command of `sendpool` is, and what it gets. */
import type { Api } from './ask.ts';

export type Terminal = {
  line(text: string): void;
  /** Replaces what the last call showed, on a terminal; a line elsewhere. */
  status(text: string): void;
};

/** The command line says what cannot be done: nothing was asked. */
export class NotUnderstood extends Error {}

type Values = {
  json?: boolean | undefined;
  window?: string | undefined;
  campaign?: string | undefined;
  after?: string | undefined;
};

export type Run = {
  api: Api;
  terminal: Terminal;
  words: readonly string[];
  values: Values;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
};

export type Command = {
  /** Words after the name, as in `<campaign>`. */
  readonly takes: readonly string[];
  readonly help: string;
  run(run: Run): Promise<void>;
};
