/** The command line of npm run bench. */
import { readCommandLine, refuseCommandLine } from '@sendpool/service';

export type BenchOptions = {
  bench: 'whole' | 'idle';
  cluster: boolean;
  /** Numbers of senders to measure, one after the other; none: as many as the shape has. */
  senders: number[];
  recipients: number;
  report: string | undefined;
};

const usage = `npm run bench -- whole [--cluster] [--senders 1,2,3] [--recipients N] [--report FILE]
npm run bench -- idle [--cluster] [--report FILE]

  whole            messages a second of the whole path: three fast local SMTP servers, no faults
  idle             CPU of each process when there is nothing to do; exit code 1 when one is above the goal
  --cluster        on Apache Kafka and several processes of each service; else the embedded default
  --senders 1,2,3  measures with so many sender processes, one after the other
  --recipients N   default 50,000
  --report FILE    write the figures as JSON`;

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;

/** Ends the process with the usage when the line is not usable. */
export const readOptions = (): BenchOptions => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { cluster: flag, senders: text, recipients: text, report: text } as const;
  const { values, words } = readCommandLine({ usage, options, words: 1 });
  const [bench] = words;
  if (bench !== 'whole' && bench !== 'idle') return refuseCommandLine('say which bench: whole or idle', usage);
  const recipients = Number(values.recipients ?? 50_000);
  const senders = values.senders === undefined ? [] : values.senders.split(',').map(Number);
  if (!isCount(recipients)) refuseCommandLine('--recipients takes a whole number from 1 on.', usage);
  if (!senders.every(isCount))
    refuseCommandLine('--senders takes whole numbers from 1 on, with commas between.', usage);
  return { bench, cluster: values.cluster === true, senders, recipients, report: values.report };
};
