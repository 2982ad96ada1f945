/** The command line of npm run bench. */
import { readCommandLine, refuseCommandLine } from '@sendpool/service';

const benchNames = ['whole', 'idle', 'pick', 'failover', 'import'] as const;
type BenchName = (typeof benchNames)[number];

export type BenchOptions = {
  bench: BenchName;
  cluster: boolean;
  /** Numbers of senders to measure, one after the other; none: as many as the shape has. */
  senders: number[];
  recipients: number;
  /** Of the contact file. */
  rows: number;
  report: string | undefined;
};

const usage = `npm run bench -- whole [--cluster] [--senders 1,2,3] [--recipients N] [--report FILE]
npm run bench -- idle [--cluster] [--report FILE]
npm run bench -- pick [--report FILE]
npm run bench -- failover [--cluster] [--recipients N] [--report FILE]
npm run bench -- import [--cluster] [--rows N] [--report FILE]

  whole            messages a second of the whole path: three fast local SMTP servers, no faults
  idle             CPU of each process when there is nothing to do; exit code 1 when one is above the goal
  pick             nanoseconds of one choice of a server; exit code 1 when it costs more than the goal
  failover         a server breaks in the middle of a campaign and comes back: what that costs, in seconds and messages
  import           rows a second of an upload, and the memory of gateway and scheduler; exit code 1 when it grows with the rows
  --cluster        on Apache Kafka and several processes of each service; else the embedded default
  --senders 1,2,3  measures with so many sender processes, one after the other
  --recipients N   default 50,000
  --rows N         default 1,000,000
  --report FILE    write the figures as JSON`;

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;

/** Ends the process with the usage when the line is not usable. */
export const readOptions = (): BenchOptions => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { cluster: flag, senders: text, recipients: text, rows: text, report: text } as const;
  const { values, words } = readCommandLine({ usage, options, words: 1 });
  const bench = benchNames.find((name) => name === words[0]);
  if (bench === undefined) return refuseCommandLine(`say which bench: ${benchNames.join(', ')}`, usage);
  const recipients = Number(values.recipients ?? 50_000);
  const rows = Number(values.rows ?? 1_000_000);
  const senders = values.senders === undefined ? [] : values.senders.split(',').map(Number);
  if (!isCount(recipients)) refuseCommandLine('--recipients takes a whole number from 1 on.', usage);
  if (!isCount(rows)) refuseCommandLine('--rows takes a whole number from 1 on.', usage);
  if (!senders.every(isCount))
    refuseCommandLine('--senders takes whole numbers from 1 on, with commas between.', usage);
  return { bench, cluster: values.cluster === true, senders, recipients, rows, report: values.report };
};
