/**
 * Thousands of seeds of the delivery protocol, and planted bugs that must not go unseen. SIMULATION_SEEDS sets the number of seeds.
 * They run in processes of their own: the test runner follows every promise, and there are millions.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import type { Profile } from './plan.ts';
import { plants } from './plants.ts';
import { restorePlants } from './restore-plants.ts';
import { simulate } from './simulate.ts';

const seeds = Number(process.env['SIMULATION_SEEDS'] ?? '2000');

/** Share of the seeds; each profile has seeds of its own. */
const shares: readonly (readonly [Profile, number])[] = [
  ['BASE', 0.25],
  ['BASE', 0.25],
  ['LOSE_BATCH', 0.1],
  ['ERASE_LEDGER', 0.1],
  ['RESTORE', 0.15],
  ['LOG_LOST', 0.1],
  ['CALM', 0.05],
];

const runner = fileURLToPath(new URL('run.ts', import.meta.url));

/** Resolves with what the runner says; `isClean` when no seed broke a promise. */
const runSeeds = (args: readonly string[]): Promise<{ isClean: boolean; said: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [runner, ...args], (error, stdout, stderr) => {
      resolve({ isClean: error === null, said: `${stdout}${stderr}` });
    });
  });

describe('no promise breaks', { concurrency: 2 }, () => {
  let first = 1;
  for (const [profile, share] of shares) {
    const count = Math.ceil(seeds * share);
    const [from, to] = [first, first + count - 1];
    first += count;
    test(`under the profile ${profile}, seeds ${from} to ${to}`, async () => {
      const { isClean, said } = await runSeeds(['--profile', profile, '--seed', `${from}`, '--count', `${count}`]);
      assert.ok(isClean, said);
      assert.match(said, new RegExp(`^${count} seeds`, 'm'));
    });
  }
});

describe('a planted bug is found', { concurrency: 2 }, () => {
  const all: [name: string, profile: Profile][] = [
    ...Object.keys(plants).map((name): [string, Profile] => [name, 'BASE']),
    ...Object.entries(restorePlants).map(([name, { profile }]): [string, Profile] => [name, profile]),
  ];
  for (const [name, profile] of all) {
    test(`${name}, under the profile ${profile}`, async () => {
      const { isClean, said } = await runSeeds(['--plant', name, '--profile', profile, '--count', '1500', '--first']);
      assert.ok(!isClean && said.includes('broke a promise'), `no seed found it: ${said}`);
    });
  }
});

test('a seed replays exactly', async () => {
  const [one, again] = [await simulate({ seed: 7, isTraced: true }), await simulate({ seed: 7, isTraced: true })];
  assert.ok(one.trace.length > 50);
  assert.deepEqual(again.trace, one.trace);
});
