/** What a run leaves in its folder: what the product says of itself, what the mail servers wrote down, and what was done to it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeliveryEvent, RecipientState, UnknownPolicy } from '@sendpool/contracts';
import { readCutMails, readMailLog, type ReceivedMail } from '@sendpool/testing';
import type { Fault, Scenario } from './plan.ts';

/** A campaign by the word of the API. `progress` has a number for each recipient state, and `total`. */
export type CampaignWord = {
  readonly id: string;
  readonly policy: UnknownPolicy;
  /** Recipients that it was started with. */
  readonly size: number;
  readonly status: string;
  readonly progress: Readonly<Record<string, number>>;
  /** Accepted by server id. */
  readonly acceptedBy: Readonly<Record<string, number>>;
};

/** A lane at the end: what was given out, and how far everybody is. Offsets are those of the next record. */
export type LaneEnd = {
  readonly lane: number;
  readonly lastSequence: number;
  /** Milliseconds that the scheduler's lease still lasts; negative when it has run out. */
  readonly leaseMs: number;
  readonly requests: { readonly end: number; readonly committed: number; readonly ledger: string };
  readonly events: { readonly end: number; readonly scheduler: number; readonly stats: number };
};

export type Counters = { readonly campaignId: string; readonly counts: Readonly<Record<string, number>> };

/** A fault as it happened. Times are milliseconds since 1970. */
export type Struck = Fault & {
  readonly at: number;
  /** Why nothing was done. */
  readonly skipped?: string;
  /** When the process that was asked to end had done so, and how. */
  endedAt?: number;
  ended?: string;
  /** When it, or the one that took its place, was ready again. */
  readyAt?: number;
};

/** A process ended, on request or not, as the launcher saw it. */
export type Ending = { readonly name: string; readonly at: number; readonly reason: string };

export type Run = {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly policy: UnknownPolicy | 'BOTH';
  readonly log: 'POSTGRES' | 'KAFKA';
  readonly plant: string | null;
  readonly commit: string;
  readonly began: number;
  /** When the last message had its final state. */
  readonly ended: number;
  readonly sessionMs: number;
  readonly afterDotMs: number;
  readonly startedPerLane: number;
  /** More tries than this the retry plan does not allow. */
  readonly mostTries: number;
  readonly servers: readonly { readonly id: string; readonly name: string }[];
  readonly campaigns: readonly CampaignWord[];
  readonly counters: readonly Counters[];
  readonly lanes: readonly LaneEnd[];
  readonly endings: readonly Ending[];
  /** Processes that did not come back. */
  readonly unready: readonly string[];
  readonly recount: { readonly isEqual: boolean; readonly said: string };
};

export type RecipientEnd = {
  readonly campaignId: string;
  readonly recipient: number;
  readonly email: string;
  readonly state: RecipientState;
  readonly tries: number;
};

export type Evidence = {
  readonly run: Run;
  readonly faults: readonly Struck[];
  readonly recipients: readonly RecipientEnd[];
  /** Lane by lane in log order. */
  readonly events: readonly DeliveryEvent[];
  readonly mails: readonly ReceivedMail[];
  /** Mails that a server ended in the middle of their content: all of it may have been sent. */
  readonly cuts: readonly ReceivedMail[];
  /** Lines of the logs of senders that tell which lanes they hold, by name of the process, in order. */
  readonly holdings: ReadonlyMap<string, readonly Holding[]>;
};

/** From `at` on the process holds these lanes. */
export type Holding = { readonly at: number; readonly lanes: readonly number[] };

const linesOf = <Item>(path: string): Item[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Item);

const writeLines = (path: string, items: readonly unknown[]): void =>
  writeFileSync(path, items.map((item) => `${JSON.stringify(item)}\n`).join(''));

type Told = Pick<Evidence, 'run' | 'faults' | 'recipients' | 'events'>;

export const writeEvidence = (folder: string, { run, faults, recipients, events }: Told): void => {
  writeFileSync(join(folder, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
  writeLines(join(folder, 'faults.jsonl'), faults);
  writeLines(join(folder, 'recipients.jsonl'), recipients);
  writeLines(join(folder, 'events.jsonl'), events);
};

type LogLine = { time: string; msg: string; lanes?: number[] };

const holdingOf = (line: string): Holding[] => {
  const isTold = line.includes('lanes were assigned') || line.includes('lanes are given up');
  if (!isTold || !line.startsWith('{') || !line.endsWith('}')) return [];
  const { time, lanes = [] } = JSON.parse(line) as LogLine;
  return [{ at: Date.parse(time), lanes }];
};

const readHoldings = (logs: string): Map<string, Holding[]> => {
  const names = readdirSync(logs).filter((name) => /^sender.*\.log$/.test(name));
  const read = (name: string): Holding[] => readFileSync(join(logs, name), 'utf8').split('\n').flatMap(holdingOf);
  return new Map(names.map((name) => [name.slice(0, -4), read(name)]));
};

export const mailFile = (folder: string, server: string): string => join(folder, `${server}.mails.jsonl`);

/** Throws when a file is missing: the run did not come to its end. */
export const readEvidence = (folder: string): Evidence => {
  const run = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Run;
  return {
    run,
    faults: linesOf<Struck>(join(folder, 'faults.jsonl')),
    recipients: linesOf<RecipientEnd>(join(folder, 'recipients.jsonl')),
    events: linesOf<DeliveryEvent>(join(folder, 'events.jsonl')),
    mails: run.servers.flatMap(({ name }) => readMailLog(mailFile(folder, name))),
    cuts: run.servers.flatMap(({ name }) => readCutMails(mailFile(folder, name))),
    holdings: readHoldings(join(folder, 'data/logs')),
  };
};
