/** `sendpool servers` and `sendpool stats`: the sending servers, whether they are well, and what they did. */
import { count, percent } from '../../domain/words.ts';
import { NotUnderstood, type Command, type Run } from '../command.ts';
import { everyPage } from '../every-page.ts';
import { tableOf, type Column } from '../table.ts';

type Stats = {
  attempted: string;
  accepted: string;
  bounced: string;
  deferred: string;
  unknown: string;
  bounceRate: number | null;
  deferredRate: number | null;
  bounceVerdict: { words: string };
};
type Sender = { breaker: string; limitedBy: string | null; limitedProvider: string | null };
type Server = {
  id: string;
  name: string;
  kind: string;
  state: string;
  host: string;
  port: number;
  verification: { status: string };
  stats: Stats | null;
  health: { queueDepth: number; senders: readonly Sender[] } | null;
};

const selection = (window: string): string => `id name kind state host port verification { status }
  stats(window: ${window}) {
    attempted accepted bounced deferred unknown bounceRate deferredRate bounceVerdict { words }
  }
  health { queueDepth senders { breaker limitedBy limitedProvider } }`;

const windows = ['LAST_MINUTE', 'LAST_HOUR', 'LAST_DAY', 'ALL'];

const windowOf = ({ values }: Run): string => {
  const window = (values.window ?? 'LAST_HOUR').toUpperCase();
  if (!windows.includes(window)) throw new NotUnderstood(`--window is one of ${windows.join(', ')}`);
  return window;
};

const limitWords = ({ limitedBy, limitedProvider }: Sender): string =>
  `${limitedBy?.toLowerCase().replaceAll('_', ' ')}${limitedProvider === null ? '' : ` to ${limitedProvider}`}`;

const trouble = ({ health }: Server): string => {
  if (health === null) return 'unknown';
  const open = health.senders.filter(({ breaker }) => breaker !== 'CLOSED').length;
  if (open > 0) return `fails at ${open} of ${health.senders.length} senders`;
  const limited = health.senders.find(({ limitedBy }) => limitedBy !== null);
  return limited === undefined ? '' : `at its limit: ${limitWords(limited)}`;
};

const serverColumns: Column<Server>[] = [
  { head: 'SERVER', of: ({ name }) => name },
  { head: 'ID', of: ({ id }) => id },
  { head: 'KIND', of: ({ kind }) => kind },
  { head: 'STATE', of: ({ state }) => state },
  { head: 'VERIFIED', of: ({ verification }) => verification.status },
  { head: 'ADDRESS', of: ({ kind, host, port }) => (kind === 'SES' ? 'SES API' : `${host}:${port}`) },
  { head: 'BOUNCED', of: ({ stats }) => percent(stats?.bounceRate), isNumber: true },
  { head: 'DEFERRED', of: ({ stats }) => percent(stats?.deferredRate), isNumber: true },
  { head: 'QUEUE', of: ({ health }) => count(health?.queueDepth), isNumber: true },
  { head: '', of: trouble },
];

const statsColumns: Column<Server>[] = [
  { head: 'SERVER', of: ({ name }) => name },
  { head: 'ATTEMPTED', of: ({ stats }) => count(stats?.attempted), isNumber: true },
  { head: 'ACCEPTED', of: ({ stats }) => count(stats?.accepted), isNumber: true },
  { head: 'BOUNCED', of: ({ stats }) => count(stats?.bounced), isNumber: true },
  { head: 'DEFERRED', of: ({ stats }) => count(stats?.deferred), isNumber: true },
  { head: 'UNKNOWN', of: ({ stats }) => count(stats?.unknown), isNumber: true },
  { head: 'BOUNCE RATE', of: ({ stats }) => stats?.bounceVerdict.words ?? 'no statistics now' },
];

const show =
  (columns: readonly Column<Server>[]) =>
  async (run: Run): Promise<void> => {
    const servers = await everyPage<Server>(run.api, 'sendingServers', selection(windowOf(run)));
    if (run.values.json === true) return run.terminal.line(JSON.stringify(servers, null, 2));
    return run.terminal.line(tableOf(servers, columns, 'There is no sending server yet.'));
  };

export const servers: Command = {
  takes: [],
  help: 'sending servers: state, verification, bounces and queue',
  run: show(serverColumns),
};

export const stats: Command = { takes: [], help: 'what each server did (--window)', run: show(statsColumns) };
