/** The command line of a fault run. */
import { parseArgs } from 'node:util';
import type { UnknownPolicy } from '@sendpool/contracts';
import { plants } from './plants.ts';
import { processKinds, scenarios, type ProcessKind, type Scenario } from './plan.ts';

export const usage = `npm run faults -- [--seed S] [--minutes M] [--report FILE]

  --seed S          decides what is struck when, and how the mail servers misbehave (default: from the clock)
  --minutes M       how long things are struck (default 3); the campaigns then get time to end
  --report FILE     write the figures as JSON
  --scenario NAME   ${scenarios.join(' | ')} (default mixed)
  --only A,B        strike only these: ${processKinds.join(', ')}
  --every SECONDS   mean time between two faults of the mix (default 5)
  --recipients N    size of each audience (default 6000); campaigns follow each other until the time is over
  --policy P        HOLD | RESEND (default: campaigns of both)
  --log L           KAFKA | POSTGRES: where the event log lies (default KAFKA)
  --plant NAME      plant a bug, and see it found: ${Object.keys(plants).join(' | ')}
  --keep            keep the folder of a run that was well; one that was not is always kept`;

export type Options = {
  seed: number;
  minutes: number;
  report: string | undefined;
  scenario: Scenario;
  only: readonly ProcessKind[];
  everyMs: number;
  recipients: number;
  policy: UnknownPolicy | 'BOTH';
  log: 'POSTGRES' | 'KAFKA';
  plant: string | undefined;
  keep: boolean;
};

const numberOf = (text: string, name: string, least: number): number => {
  const number = Number(text);
  if (!Number.isFinite(number) || number < least) throw new Error(`--${name} takes a number from ${least} on`);
  return number;
};

const oneOf = <Item extends string>(text: string, name: string, items: readonly Item[]): Item => {
  if (!items.includes(text as Item)) throw new Error(`--${name} takes one of: ${items.join(', ')}`);
  return text as Item;
};

const read = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '3' },
      report: { type: 'string' },
      scenario: { type: 'string', default: 'mixed' },
      only: { type: 'string', default: processKinds.join(',') },
      every: { type: 'string', default: '5' },
      recipients: { type: 'string', default: '6000' },
      policy: { type: 'string', default: 'BOTH' },
      log: { type: 'string', default: 'KAFKA' },
      plant: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  }).values;

/** Undefined: help was asked for. Throws with words for the user. */
export const readOptions = (args: readonly string[]): Options | undefined => {
  const values = read(args);
  if (values.help === true) return undefined;
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : numberOf(values.seed, 'seed', 0);
  const options: Options = {
    seed,
    minutes: numberOf(values.minutes, 'minutes', 0.25),
    report: values.report,
    scenario: oneOf(values.scenario, 'scenario', scenarios),
    only: values.only.split(',').map((kind) => oneOf(kind, 'only', processKinds)),
    everyMs: 1000 * numberOf(values.every, 'every', 0.5),
    recipients: numberOf(values.recipients, 'recipients', 100),
    policy: oneOf(values.policy, 'policy', ['HOLD', 'RESEND', 'BOTH']),
    log: oneOf(values.log, 'log', ['POSTGRES', 'KAFKA']),
    plant: values.plant === undefined ? undefined : oneOf(values.plant, 'plant', Object.keys(plants)),
    keep: values.keep,
  };
  if (options.scenario === 'broker-down' && options.log === 'POSTGRES')
    throw new Error('--scenario broker-down needs a broker: --log KAFKA');
  return options;
};
