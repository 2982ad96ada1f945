/** Every program that a person runs: usage on request, no guessing, and a report that cannot be written is refused before the work. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'sendpool-lines-'));
after(() => rmSync(folder, { recursive: true, force: true }));

type Ended = { code: number; out: string; err: string };

/** Without what would let it begin its work. */
const run = (file: string, args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], TMPDIR: folder }, timeout: 60_000 };
    execFile('node', [file, ...args], options, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });

/** Lines that each of them must refuse. */
const programs: Record<string, { file: string; bad: string[][]; report?: string[] }> = {
  demo: {
    file: 'apps/standalone/demo/main.ts',
    bad: [['--recipient', '5'], ['--report'], ['now'], ['--recipients', 'many']],
    report: [],
  },
  bench: {
    file: 'test/bench/main.ts',
    bad: [['whole', '--fast'], ['whole', 'idle'], [], ['idle', '--senders', 'x']],
    report: ['idle'],
  },
  faults: { file: 'test/faults/main.ts', bad: [['--speed', '5']], report: [] },
  'restore-lanes': { file: 'apps/scheduler/src/restore-lanes.ts', bad: [['--lost'], ['lanes']] },
  recount: { file: 'apps/stats/src/recount.ts', bad: [['--all']] },
  reseal: { file: 'apps/config/src/reseal.ts', bad: [['all']] },
  'new-admin-key': { file: 'apps/config/src/new-admin-key.ts', bad: [['--name', 'x']] },
  kafka: { file: 'tools/kafka/main.ts', bad: [['--port', '1']] },
  check: { file: 'tools/check.ts', bad: [['lint']] },
};

const hasStack = (text: string): boolean => /\n +at .*:\d+/.test(text);

for (const [name, { file, bad, report }] of Object.entries(programs))
  describe(`npm run ${name}`, () => {
    it('prints its usage and ends', async () => {
      const { code, out, err } = await run(file, ['--help']);
      assert.deepEqual([code, err], [0, '']);
      assert.ok(out.startsWith(`npm run ${name}`), out);
    });

    it('refuses what it does not understand with exit code 2 and the usage, and starts nothing', async () => {
      for (const args of bad) {
        const { code, out, err } = await run(file, args);
        assert.deepEqual([code, out], [2, ''], err);
        assert.ok(err.includes(`\n\nnpm run ${name}`), err);
        assert.ok(!hasStack(err), err);
      }
      assert.deepEqual(readdirSync(folder), []);
    });

    if (report !== undefined)
      it('refuses a report that it could not write', async () => {
        const { code, err } = await run(file, [...report, '--report', '/proc/x/report.json']);
        assert.notEqual(code, 0);
        assert.match(err, /\/proc\/x cannot be made or written/);
        assert.ok(!hasStack(err), err);
        assert.deepEqual(readdirSync(folder), []);
      });
  });

describe('npm test', () => {
  it('prints its usage and runs nothing', async () => {
    const { code, out, err } = await run('test/run.ts', ['--help']);
    assert.deepEqual([code, err], [0, '']);
    assert.ok(out.startsWith('npm test'));
    assert.deepEqual(readdirSync(folder), []);
  });
});
