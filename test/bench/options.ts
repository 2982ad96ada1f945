/** The command line of npm run bench. */
import { readCommandLine, refuseCommandLine } from '@sendpool/service';

const benchNames = ['whole', 'idle', 'pick', 'failover', 'import', 'api', 'live'] as const;
type BenchName = (typeof benchNames)[number];

export type BenchOptions = {
  bench: BenchName;
  cluster: boolean;
  /** Numbers of senders to measure, one after the other; none: as many as the shape has. */
  senders: number[];
  recipients: number;
  /** Of the contact file. */
  rows: number;
  /** Of live: subscriptions, the filters that they share, and for how long they are watched. */
  subscribers: number;
  filters: number;
  seconds: number;
  report: string | undefined;
};

const usage = `npm run bench -- whole [--cluster] [--senders 1,2,3] [--recipients N] [--report FILE]
npm run bench -- idle [--cluster] [--report FILE]
npm run bench -- pick [--report FILE]
npm run bench -- failover [--cluster] [--recipients N] [--report FILE]
npm run bench -- import [--cluster] [--rows N] [--report FILE]
npm run bench -- api [--report FILE]
npm run bench -- live [--cluster] [--subscribers N] [--filters N] [--seconds N] [--report FILE]

  whole            messages a second of the whole path: three fast local SMTP servers, no faults
  idle             CPU of each process when there is nothing to do; exit code 1 when one is above the goal
  pick             nanoseconds of one choice of a server; exit code 1 when it costs more than the goal
  failover         a server breaks in the middle of a campaign and comes back: what that costs, in seconds and messages
  import           rows a second of an upload, and the memory of gateway and scheduler; exit code 1 when it grows with the rows
  api              milliseconds of CPU that the gateway needs for pool(id), beside config when it is asked itself, and for a page of 50
                   campaigns with pools, servers and stats; 7 rounds of 2 s each in turn, 16 connections; exit code 1 above a goal
  live             subscriptions to deliveryEvents (nine of ten by WebSocket, one by server-sent events; a connection each), while made-up
                   events are appended to the log, 100 a second for each filter. From just before the append until a client process has
                   the event, by one clock; whether every event came to every subscriber exactly once; CPU; the memory of gateway and
                   stats in the first and the last third. Everything runs on this machine. Exit code 1 when a goal is missed
  --cluster        on Apache Kafka and several processes of each service; else the embedded default
  --senders 1,2,3  measures with so many sender processes, one after the other
  --recipients N   default 50,000
  --rows N         default 1,000,000
  --subscribers N  of live; default 1,000
  --filters N      of live: each is one campaign, and its share of the subscribers asks for the same; default 10
  --seconds N      of live: for how long, after 25 s to settle; default 30
  --report FILE    write the figures as JSON`;

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;

const counts = { recipients: 50_000, rows: 1_000_000, subscribers: 1000, filters: 10, seconds: 30 };
type Counts = typeof counts;
const countNames = Object.keys(counts) as (keyof Counts)[];

const readCounts = (values: Partial<Record<keyof Counts, string>>): Counts => {
  const read = { ...counts };
  for (const name of countNames) {
    read[name] = Number(values[name] ?? counts[name]);
    if (!isCount(read[name])) refuseCommandLine(`--${name} takes a whole number from 1 on.`, usage);
  }
  return read;
};

/** Ends the process with the usage when the line is not usable. */
export const readOptions = (): BenchOptions => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const sizes = { recipients: text, rows: text, subscribers: text, filters: text, seconds: text } as const;
  const options = { cluster: flag, senders: text, report: text, ...sizes } as const;
  const { values, words } = readCommandLine({ usage, options, words: 1 });
  const bench = benchNames.find((name) => name === words[0]);
  if (bench === undefined) return refuseCommandLine(`say which bench: ${benchNames.join(', ')}`, usage);
  const senders = values.senders === undefined ? [] : values.senders.split(',').map(Number);
  if (!senders.every(isCount))
    refuseCommandLine('--senders takes whole numbers from 1 on, with commas between.', usage);
  return { bench, cluster: values.cluster === true, senders, ...readCounts(values), report: values.report };
};
