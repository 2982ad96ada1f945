/** Runs one command line of `sendpool`: 0 done, 1 refused or failed, 2 not understood. */
import { AppError, messageOf } from '@sendpool/kernel';
import { parseCommandLine } from '@sendpool/service';
import { createApi } from './api/ask.ts';
import { NotUnderstood, type Terminal } from './api/command.ts';
import { commands } from './api/commands/index.ts';
import { usage } from './usage.ts';

const options = {
  url: { type: 'string' },
  json: { type: 'boolean' },
  window: { type: 'string' },
  campaign: { type: 'string' },
  after: { type: 'string' },
} as const;

const defaultUrl = 'http://127.0.0.1:4000';

/** The address of Sendpool, or of its endpoint. Undefined when it is none. */
const endpointOf = (text: string): string | undefined => {
  if (!/^https?:/i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.pathname === '/') url.pathname = '/graphql';
  return url.href;
};

export type Invocation = {
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  terminal: Terminal;
  /** Faults. */
  complain(text: string): void;
  signal: AbortSignal;
};

const misunderstood = ({ complain }: Invocation, reason: string): 2 => {
  complain(`${reason}\n--help says more`);
  return 2;
};

/** The API says what a program must send; here a person has put it into a variable. */
const explain = (error: unknown): string =>
  error instanceof AppError && error.code === 'UNAUTHENTICATED'
    ? 'The key is not valid, or not any more: put a valid API key into SENDPOOL_API_KEY'
    : messageOf(error);

export const runLine = async (invocation: Invocation): Promise<0 | 1 | 2> => {
  const { args, env, terminal, complain, signal } = invocation;
  const line = parseCommandLine({ usage, options, words: 3 }, args);
  if (!line.ok) {
    if (line.exitCode === 2) return misunderstood(invocation, line.reason);
    terminal.line(line.text);
    return 0;
  }
  const [name, ...words] = line.words;
  const command = name === undefined ? undefined : commands[name];
  if (command === undefined)
    return misunderstood(invocation, name === undefined ? 'Which command?' : `${name} is no command`);
  if (words.length !== command.takes.length)
    return misunderstood(invocation, `${[name, ...command.takes].join(' ')} is how it is written`);
  const key = env['SENDPOOL_API_KEY'] ?? '';
  if (key === '') return misunderstood(invocation, 'SENDPOOL_API_KEY is not set: it holds the API key');
  const address = line.values.url ?? env['SENDPOOL_URL'] ?? defaultUrl;
  const url = endpointOf(address);
  if (url === undefined) return misunderstood(invocation, `${address} is no address, as http://127.0.0.1:4000 is one`);
  const api = createApi({ url, key });
  try {
    await command.run({ api, terminal, words, values: line.values, signal });
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    if (error instanceof NotUnderstood) return misunderstood(invocation, error.message);
    complain(explain(error));
    return 1;
  }
};
