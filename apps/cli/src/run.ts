/** Runs one command line of `sendpool`: 0 done, 1 refused or failed, 2 not understood. */
import { AppError, messageOf } from '@sendpool/kernel';
import { parseCommandLine } from '@sendpool/service';
import { createApi } from './api/ask.ts';
import type { Terminal } from './api/command.ts';
import { commands } from './api/commands/index.ts';
import { usage } from './usage.ts';

const options = {
  url: { type: 'string' },
  json: { type: 'boolean' },
  window: { type: 'string' },
  campaign: { type: 'string' },
  after: { type: 'string' },
} as const;

const defaultUrl = 'http://127.0.0.1:4000/graphql';

export type Invocation = {
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  terminal: Terminal;
  /** Faults and the help that follows them. */
  complain(text: string): void;
  signal: AbortSignal;
};

const misunderstood = ({ complain }: Invocation, reason: string): 2 => {
  complain(`${reason}\n\n${usage}`);
  return 2;
};

const hints: Partial<Record<string, string>> = {
  UNAUTHENTICATED: 'put a valid API key into SENDPOOL_API_KEY',
};

const explain = (error: unknown): string => {
  const hint = error instanceof AppError ? hints[error.code] : undefined;
  return hint === undefined ? messageOf(error) : `${messageOf(error)}: ${hint}`;
};

export const runLine = async (invocation: Invocation): Promise<0 | 1 | 2> => {
  const { args, env, terminal, complain, signal } = invocation;
  const line = parseCommandLine({ usage, options, words: 3 }, args);
  if (!line.ok) {
    (line.exitCode === 0 ? terminal.line : complain)(line.text);
    return line.exitCode;
  }
  const [name, ...words] = line.words;
  const command = name === undefined ? undefined : commands[name];
  if (command === undefined)
    return misunderstood(invocation, name === undefined ? 'Which command?' : `${name} is no command`);
  if (words.length !== command.takes.length)
    return misunderstood(invocation, `${[name, ...command.takes].join(' ')} is how it is written`);
  const key = env['SENDPOOL_API_KEY'] ?? '';
  if (key === '') return misunderstood(invocation, 'SENDPOOL_API_KEY is not set: it holds the API key');
  const api = createApi({ url: line.values.url ?? env['SENDPOOL_URL'] ?? defaultUrl, key });
  try {
    await command.run({ api, terminal, words, values: line.values, signal });
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    complain(explain(error));
    return 1;
  }
};
