/** The command line of the sink: one word, its configuration as JSON. A name that it does not know is refused, not passed over. */
import type { SinkRule } from './rules.ts';
import type { SinkConfig } from './sink-process.ts';

const usage = `npm run sink -- '<configuration as JSON>'

A mail server at 127.0.0.1 that keeps what it gets to itself, and misbehaves where it is told to.

  npm run sink -- '{"port":2525,"file":"/tmp/mails.jsonl"}'
  npm run sink -- '{"rules":[{"share":0.2,"fault":{"at":"RCPT","do":"REPLY","code":550,"text":"5.1.1 no such user"}}]}'

  port            default: a free one, which is printed
  name            in the greeting and in each mail kept; default sink
  tls             NONE (default), STARTTLS or IMPLICIT
  auth            {"username":…,"password":…}: demands a login with exactly this
  certificate     the one to use for TLS; default: a new one, whose authority is printed
  delayMs         milliseconds between the final dot and its reply
  maxConnections  more than that are answered 421
  pipelining      false: PIPELINING is not offered
  file            received mails are added to it, a line of JSON each
  rules           faults, each for a share of the recipients: libs/testing/README.md
  seed            a number: the rules BY_CHANCE fall the same each time

Ctrl-C ends it.`;

/** Complete by its type: a name that is added to the configuration is missing here until it is written down. */
const names: Record<keyof SinkConfig, true> = {
  port: true,
  name: true,
  tls: true,
  auth: true,
  certificate: true,
  delayMs: true,
  maxConnections: true,
  pipelining: true,
  file: true,
  rules: true,
  seed: true,
};
const ruleNames: Record<keyof SinkRule, true> = { fault: true, share: true, when: true };

type SinkLine = { ok: true; config: SinkConfig } | { ok: false; exitCode: 0 | 2; text: string };

const refuse = (reason: string): SinkLine => ({ ok: false, exitCode: 2, text: `${reason}\n--help says more` });

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const strangeIn = (given: object, known: object): string | undefined =>
  Object.keys(given).find((name) => !Object.hasOwn(known, name));

const rulesFault = (rules: unknown): string | undefined => {
  if (rules === undefined) return undefined;
  if (!Array.isArray(rules) || !rules.every(isRecord)) return 'rules must be a list of objects';
  const strange = rules.map((rule) => strangeIn(rule, ruleNames)).find((name) => name !== undefined);
  return strange === undefined ? undefined : `a rule has no "${strange}": it has ${Object.keys(ruleNames).join(', ')}`;
};

/** What is wrong with a configuration. */
const faultOf = (given: Record<string, unknown>): string | undefined => {
  const strange = strangeIn(given, names);
  if (strange !== undefined) return `there is no "${strange}": there are ${Object.keys(names).join(', ')}`;
  return rulesFault(given['rules']);
};

/** `words` are those behind the name of the program. */
export const readSinkLine = (words: readonly string[]): SinkLine => {
  if (words.includes('--help') || words.includes('-h')) return { ok: false, exitCode: 0, text: usage };
  if (words.length > 1) return refuse('One configuration is taken: is it in quotes?');
  const given = parse(words[0] ?? '{}');
  if (!isRecord(given)) return refuse(`${words[0]} is no configuration as JSON, as '{"port":2525}' is one`);
  const fault = faultOf(given);
  return fault === undefined ? { ok: true, config: given } : refuse(fault);
};
