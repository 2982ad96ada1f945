/** bench api: CPU of the gateway for a simple query and for a joined page, beside the same simple query put to its service itself. */
import { join } from 'node:path';
import { newId } from '@sendpool/kernel';
import { signRequest } from '@sendpool/service';
import { table } from '../../apps/standalone/demo/print.ts';
import { openSecrets } from '../../apps/standalone/src/secrets.ts';
import { fillApi } from './api-data.ts';
import { cpuOf } from './cpu.ts';
import { askFor, type Question } from './http-load.ts';
import { withSystem, type Bench } from './run-system.ts';

const names = ['direct', 'simple', 'page'] as const;
type Name = (typeof names)[number];

/** Of one round: milliseconds of CPU of the asked process, and requests a second. */
type Round = { cpuMs: number; perSecond: number };
type Spread = { median: number; least: number; most: number };

export type ApiReport = {
  rounds: number;
  cpuMs: Record<Name, Spread>;
  perSecond: Record<Name, Spread>;
  /** CPU of the gateway for the simple query, over that of the service alone; of the two in each round. */
  ratio: Spread;
  good: boolean;
};

const [rounds, roundMs, warmUpMs] = [7, 2000, 3000];
const goals = { ratio: 7, pageMs: 10 };

const simple = 'query ($id: ID!) { pool(id: $id) { id name } }';
const page =
  'query ($first: Int!) { campaigns(first: $first) { nodes { id name status sendingSettings { pool { id name members { weight server { id name host stats { attempted accepted deferred } } } } } } } }';

const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, least: sorted[0]!, most: sorted.at(-1)! };
};

type Asked = Question & { pid: number };

const questionsOf = ({ system, processes }: Bench, folder: string, poolId: string): Record<Name, Asked> => {
  const { config, gateway } = processes;
  const secret = openSecrets(join(folder, 'data')).secrets.internalSecret;
  const simpleBody = JSON.stringify({ query: simple, variables: { id: poolId } });
  const signed = { target: 'POST /graphql', body: Buffer.from(simpleBody) };
  const sign = () => signRequest({ ...signed, actor: { keyId: 'bench', role: 'READER', requestId: newId() } }, secret);
  const withKey = () => ({ authorization: `Bearer ${system.firstAdminKey}` });
  return {
    direct: { ...config!, body: simpleBody, headers: sign },
    simple: { ...gateway!, body: simpleBody, headers: withKey },
    page: { ...gateway!, body: JSON.stringify({ query: page, variables: { first: 50 } }), headers: withKey },
  };
};

const playRound = async (asked: Asked): Promise<Round> => {
  const [cpu, began] = [cpuOf(asked.pid), performance.now()];
  const answers = await askFor(asked, roundMs);
  const seconds = (performance.now() - began) / 1000;
  return { cpuMs: ((cpuOf(asked.pid) - cpu) * 1000) / answers, perSecond: answers / seconds };
};

const measure = async (bench: Bench, folder: string): Promise<ApiReport> => {
  const questions = questionsOf(bench, folder, await fillApi(bench.system));
  for (const name of names) await askFor(questions[name], warmUpMs);
  const played: Record<Name, Round[]> = { direct: [], simple: [], page: [] };
  for (let round = 0; round < rounds; round += 1)
    for (const name of round % 2 === 0 ? names : names.toReversed())
      played[name].push(await playRound(questions[name]));
  const spreads = (of: keyof Round): Record<Name, Spread> => ({
    direct: spreadOf(played.direct.map((round) => round[of])),
    simple: spreadOf(played.simple.map((round) => round[of])),
    page: spreadOf(played.page.map((round) => round[of])),
  });
  const ratio = spreadOf(played.simple.map(({ cpuMs }, round) => cpuMs / played.direct[round]!.cpuMs));
  const cpuMs = spreads('cpuMs');
  const good = ratio.median <= goals.ratio && cpuMs.page.median <= goals.pageMs;
  return { rounds, cpuMs, perSecond: spreads('perSecond'), ratio, good };
};

const inWords = ({ median, least, most }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;

const what: Record<Name, string> = {
  direct: 'pool(id), signed, to config itself',
  simple: 'pool(id) through the gateway',
  page: '50 campaigns, pools, servers and stats, through the gateway',
};

const print = ({ cpuMs, perSecond, ratio, good }: ApiReport): void => {
  console.log(
    `\nmedian (least to most) of ${rounds} rounds; CPU of the process that is asked, without those behind it`,
  );
  table(
    ['request', 'CPU ms', 'requests/s'],
    names.map((name) => [what[name], inWords(cpuMs[name], 3), inWords(perSecond[name], 0)]),
  );
  console.log(`the gateway costs ${inWords(ratio, 1)} times the service; goal: at most ${goals.ratio}`);
  console.log(`the page costs ${cpuMs.page.median.toFixed(1)} ms of the gateway; goal: at most ${goals.pageMs} ms`);
  console.log(good ? 'The goals are met.' : 'A goal is missed.');
};

/** Fills a fresh system, asks and prints. */
export const benchApi = async (folder: string): Promise<ApiReport> => {
  // The bench is one key, and more than any should ask.
  process.env['RATE_LIMIT_PER_MINUTE'] = '1000000000';
  return withSystem(folder, async (bench) => {
    const report = await measure(bench, folder);
    print(report);
    return report;
  });
};
