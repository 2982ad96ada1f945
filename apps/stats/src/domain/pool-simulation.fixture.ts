/** A pool of weights 10, 5 and 3 that sends a list, judged as in production every few messages, with a fixed seed. */
import { seededRandom } from '@sendpool/kernel';
import { addSends, noSends, type Sends } from './bounce-test.ts';
import type { PoolMember } from './evidence.ts';
import type { Finding } from './finding.ts';
import { judgePool } from './judge.ts';
import { member, pool } from './pool.fixture.ts';
import type { SendBucket } from './send-series.ts';

export type Server = 'a' | 'b' | 'c';
export const servers: readonly Server[] = ['a', 'b', 'c'];
const weights = { a: 10, b: 5, c: 3 };
/** What smooth weighted round robin deals to these weights, again and again. */
const deal = 'abacabaabcaabacaba'.split('') as Server[];

export type Scene = {
  readonly runs: number;
  /** Messages through the pool; it is judged after each `perRound` of them. */
  readonly messages: number;
  readonly perRound: number;
  readonly seed: number;
  /** Chance of a bounce of message `message` of the run at this server, in a part of the list that bounces at `part`. */
  rateAt(server: Server, message: number, part: number): number;
  /** Bounce rate of the next 200 to 400 messages of the list. */
  part?(random: () => number): number;
  /** Milliseconds of rounds of two seconds until a server that went comes back; undefined: never, and it sends on unjudged. */
  readonly outMs?: number;
  /** Ends the run. */
  readonly until?: 'EJECT' | 'BAD_LIST';
};

/** `ownSends`: what the server had sent itself. */
type Ejected = { readonly server: Server; readonly ownSends: number };
export type Run = {
  readonly ejected: readonly Ejected[];
  readonly badLists: number;
  /** What became of servers, in its order, as in `EJECT b`. */
  readonly turns: readonly string[];
};

type Running = {
  readonly scene: Scene;
  readonly random: () => number;
  message: number;
  part: { rate: number; left: number };
  readonly buckets: Record<Server, SendBucket[]>;
  readonly members: Map<Server, PoolMember>;
  campaign: Sends;
  cleanSince: number;
  readonly ejected: Ejected[];
  badLists: number;
  readonly turns: string[];
};

const begin = (scene: Scene, seed: number): Running => ({
  scene,
  random: seededRandom(seed),
  message: 0,
  part: { rate: 0, left: 0 },
  buckets: { a: [], b: [], c: [] },
  members: new Map(servers.map((id) => [id, member(id, weights[id])])),
  campaign: noSends,
  cleanSince: 0,
  ejected: [],
  badLists: 0,
  turns: [],
});

const nextPart = ({ scene, random }: Running): Running['part'] => ({
  left: 200 + Math.floor(random() * 201),
  rate: scene.part?.(random) ?? 0,
});

/** Part of its turns that a server on probation takes. */
const probationPart = 0.1;

/** The server of the next message; turns that a rotated one does not take are those of a. */
const nextServer = ({ scene, random, message, members }: Running): Server => {
  const server = deal[message % deal.length]!;
  const { state } = members.get(server)!.rotation;
  if (scene.outMs === undefined || state === 'IN') return server;
  return state === 'PROBATION' && random() < probationPart ? server : 'a';
};

/** Sends the messages of one round; buckets of the round are begun at `at`. */
const send = (run: Running, at: number): void => {
  const counts = { a: { at, sends: 0, bounced: 0 }, b: { at, sends: 0, bounced: 0 }, c: { at, sends: 0, bounced: 0 } };
  for (let sent = 0; sent < run.scene.perRound; sent += 1, run.message += 1, run.part.left -= 1) {
    if (run.part.left === 0) run.part = nextPart(run);
    const server = nextServer(run);
    counts[server].sends += 1;
    if (run.random() < run.scene.rateAt(server, run.message, run.part.rate)) counts[server].bounced += 1;
  }
  for (const server of servers) {
    run.buckets[server].push(counts[server]);
    run.campaign = addSends(run.campaign, counts[server]);
  }
};

/** As `seriesOf`, for buckets that lie in the order of time; no more of them than the widest window needs. */
const seriesFrom = (buckets: readonly SendBucket[]): SendBucket[] => {
  const series: SendBucket[] = [];
  let sum = noSends;
  for (let at = buckets.length - 1; at >= 0 && sum.sends < 60_000; at -= 1) {
    sum = addSends(sum, buckets[at]!);
    series.push({ at: buckets[at]!.at, ...sum });
  }
  return series;
};

const states = { EJECT: 'OUT', RETURN: 'PROBATION', PROMOTE: 'IN' } as const;

const turn = (run: Running, server: Server, { kind, at }: Finding & { kind: keyof typeof states }): void => {
  const until = kind === 'EJECT' && run.scene.outMs !== undefined ? at + run.scene.outMs : null;
  const rotation = { state: states[kind], since: at, until, times: 1, reason: '' };
  run.turns.push(`${kind} ${server}`);
  run.members.set(server, { ...run.members.get(server)!, rotation });
};

const isTurn = (finding: Finding): finding is Finding & { kind: keyof typeof states } => finding.kind in states;

const obey = (run: Running, finding: Finding): void => {
  const { kind, serverId, at } = finding;
  if (isTurn(finding)) turn(run, serverId as Server, finding);
  if (kind === 'EJECT') {
    const server = serverId as Server;
    run.ejected.push({ server, ownSends: run.buckets[server].reduce((sum, { sends }) => sum + sends, 0) });
  }
  if (kind === 'BAD_LIST') {
    // The campaign is resumed at once.
    run.badLists += 1;
    run.campaign = noSends;
    run.cleanSince = at + 1;
  }
};

const memberOf = (run: Running, server: Server): PoolMember => ({
  ...run.members.get(server)!,
  series: seriesFrom(run.buckets[server]),
});

const judge = (run: Running, now: number): Finding[] => {
  const members = servers.map((server) => memberOf(run, server));
  const campaigns = [{ campaignId: 'c1', ...run.campaign }];
  return judgePool(pool(members, { now, cleanSince: run.cleanSince, campaigns }));
};

const runOnce = (scene: Scene, seed: number): Run => {
  const run = begin(scene, seed);
  for (let round = 1; run.message < scene.messages; round += 1) {
    send(run, round * 2000);
    const findings = judge(run, round * 2000);
    findings.forEach((finding) => obey(run, finding));
    if (findings.some(({ kind }) => kind === scene.until)) break;
  }
  return run;
};

export const simulate = (scene: Scene): Run[] =>
  Array.from({ length: scene.runs }, (_, at) => runOnce(scene, scene.seed + at));

/** A list of two kinds of parts with this mean and standard deviation: clean ones, and ones where all the bounces are. */
export const clumps =
  (mean: number, deviation: number) =>
  (random: () => number): number => {
    const bad = (deviation ** 2 + mean ** 2) / mean;
    return random() < mean / bad ? bad : 0;
  };
