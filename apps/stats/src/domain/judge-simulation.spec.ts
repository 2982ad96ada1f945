/** Reproduces the tables of selection.md, section 3, with the judge of production: how often it is wrong, and how soon it is right. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clumps, servers, simulate, type Run, type Server } from './pool-simulation.fixture.ts';

const even = { runs: 40, messages: 120_000, perRound: 500 };

const share = (runs: readonly Run[], holds: (run: Run) => boolean): number => runs.filter(holds).length / runs.length;
const ejects =
  (server: Server) =>
  ({ ejected }: Run): boolean =>
    ejected.some((one) => one.server === server);
const hasEjected = ({ ejected }: Run): boolean => ejected.length > 0;
const hasBadList = ({ badLists }: Run): boolean => badLists > 0;

/** Of the ejects of this server; the time before `from` own sends is not counted. */
const medianSends = (runs: readonly Run[], server: Server, from = 0): number => {
  const all = runs.flatMap(({ ejected }) => ejected.filter((one) => one.server === server));
  const sends = all.map(({ ownSends }) => ownSends - from).sort((a, b) => a - b);
  return sends[sends.length >> 1] ?? Infinity;
};

const cell = (value: string): string => value.padStart(10);
const part = (value: number): string => cell(`${(value * 100).toFixed(1)} %`);
const table = [[''.padEnd(38), ...['a', 'b', 'c', 'bad list', 'median'].map(cell)].join('')];
after(() => console.log(`\nejected in % of runs, list called bad, median own sends until then\n${table.join('\n')}\n`));

const show = (name: string, runs: readonly Run[], median?: number): void => {
  const cells = [...servers.map((server) => part(share(runs, ejects(server)))), part(share(runs, hasBadList))];
  table.push([name.padEnd(38), ...cells, cell(median?.toLocaleString('en-US') ?? '')].join(''));
};

test('nobody goes below the limit: 1 % and 2 % everywhere', () => {
  for (const [rate, seed] of [
    [0.01, 1000],
    [0.02, 2000],
  ] as const) {
    const runs = simulate({ ...even, seed, rateAt: () => rate });
    show(`${rate * 100} % everywhere`, runs);
    assert.equal(share(runs, hasEjected), 0);
    assert.equal(share(runs, hasBadList), 0);
  }
});

test('clumped bounces of a list of 2 % take a server out in at most one of twenty runs', () => {
  for (const [deviation, seed, badLists] of [
    [0.02, 3000, 0.05],
    [0.04, 4000, 0.4],
  ] as const) {
    const scene = { ...even, seed, part: clumps(0.02, deviation) };
    const runs = simulate({ ...scene, rateAt: (_server, _message, rate) => rate });
    show(`2 % in clumps, deviation ${deviation * 100} %`, runs);
    assert.ok(share(runs, hasEjected) <= 0.05);
    assert.ok(share(runs, hasBadList) <= badLists, String(share(runs, hasBadList)));
  }
});

test('a list that is bad for everybody takes nobody out, and is named', () => {
  const runs = simulate({ ...even, seed: 5000, until: 'BAD_LIST', rateAt: () => 0.05 });
  show('5 % everywhere', runs);
  assert.equal(share(runs, hasEjected), 0);
  assert.equal(share(runs, hasBadList), 1);
});

const worseC = (server: Server): number => (server === 'c' ? 0.05 : 0.02);

test('a server that is three points worse than the others goes, and only that one', () => {
  const runs = simulate({ ...even, messages: 100_000, perRound: 250, seed: 6000, rateAt: worseC });
  const median = medianSends(runs, 'c');
  show('2 %, and c three points worse', runs, median);
  assert.equal(share(runs, ejects('c')), 1);
  assert.equal(share(runs, ejects('a')) + share(runs, ejects('b')) + share(runs, hasBadList), 0);
  assert.ok(median < 1500, String(median));
});

/** Own sends of b before it changes. */
const before = 10_000;

const change = (rate: number, scene: { seed: number; perRound: number }): number => {
  const rateAt = (server: Server, message: number): number =>
    server === 'b' && message >= (before * 18) / 5 ? rate : 0.01;
  const runs = simulate({ ...scene, runs: 40, messages: 250_000, until: 'EJECT', rateAt });
  const median = medianSends(runs, 'b', before);
  show(`b goes from 1 % to ${Number((rate * 100).toFixed(1))} %`, runs, median);
  assert.equal(share(runs, ejects('a')) + share(runs, ejects('c')) + share(runs, hasBadList), 0);
  assert.ok(share(runs, ejects('b')) >= 0.95);
  return median;
};

test('a server that becomes bad goes the sooner the worse it is', () => {
  assert.ok(change(0.035, { seed: 7000, perRound: 500 }) < 25_000);
  assert.ok(change(0.04, { seed: 7100, perRound: 500 }) < 6000);
  assert.ok(change(0.05, { seed: 7200, perRound: 250 }) < 2000);
  assert.ok(change(0.1, { seed: 7300, perRound: 100 }) < 500);
});

test('one bad segment of a good list, short or long, early or late, takes nobody out', () => {
  for (const [length, from, seed] of [
    [200, 60_000, 8000],
    [1000, 60_000, 8100],
    [1000, 3000, 8200],
    [5000, 60_000, 8300],
  ] as const) {
    const rateAt = (_server: Server, message: number): number =>
      message >= from && message < from + length ? 0.4 : 0.01;
    const runs = simulate({ ...even, seed, rateAt });
    show(`1 %, and 40 % of ${length} from ${from} on`, runs);
    assert.ok(share(runs, hasEjected) <= 0.05, String(share(runs, hasEjected)));
  }
});

/** b is bad at first; it comes back 40 seconds, that is 10,000 messages, after it went. */
const comeBack = (rateAt: (server: Server, message: number) => number, seed: number): Run[] =>
  simulate({ runs: 20, messages: 150_000, perRound: 500, seed, outMs: 40_000, rateAt });

test('a server that became better is on probation, passes it, and stays', () => {
  const runs = comeBack((server, message) => (server === 'b' && message < 10_000 ? 0.1 : 0.01), 9000);
  const stories = runs.map(({ turns }) => turns.join(', '));
  const passed = stories.filter((story) => story === 'EJECT b, RETURN b, PROMOTE b');
  assert.ok(passed.length >= 19, stories.join('\n'));
});

test('a server that did not become better is out again, each time, and is never promoted', () => {
  const runs = comeBack((server) => (server === 'b' ? 0.1 : 0.01), 9500);
  for (const { turns } of runs) {
    assert.ok(turns.length >= 5, turns.join(', '));
    assert.deepEqual(
      turns,
      turns.map((_, at) => (at % 2 === 0 ? 'EJECT b' : 'RETURN b')),
    );
  }
});
