/** Named scenarios of docs/protocol.md that need the whole system; the others are specs of the two domains. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutcomeEvent } from '@sendpool/contracts';
import { publicationOf } from './fake-smtp.ts';
import type { Control, Fault, Plan } from './plan.ts';
import { simulate, type SimulationOptions, type SimulationResult } from './simulate.ts';
import { longGraceMs, sizes } from './system.ts';

const plan = (faults: readonly Fault[] = [], controls: readonly Control[] = []): Plan => ({
  graceMs: longGraceMs,
  faults,
  controls,
});

/** A network without faults, unless the options say otherwise. */
const run = async (options: SimulationOptions): Promise<SimulationResult> => {
  const result = await simulate({ profile: 'CALM', isTraced: true, ...options });
  assert.deepEqual([...result.violations], [], `seed ${options.seed}`);
  return result;
};

const outcomesOf = ({ system }: SimulationResult): OutcomeEvent[] =>
  system.events.partitions.flat().filter((event) => event.type === 'OUTCOME');

const doubtsOf = (result: SimulationResult): OutcomeEvent[] =>
  outcomesOf(result).filter(({ reason }) => reason === 'SENDER_LOST');

test('kill-at-every-yield: whenever a sender dies, it leaves at most W doubts in each lane', async () => {
  let doubts = 0;
  for (let at = 60; at <= 460; at += 8) {
    const kill = { kind: 'KILL', at, forMs: 50, process: 'sender' } as const;
    const faults: Fault[] = [
      { ...kill, index: 0 },
      { ...kill, index: 1 },
    ];
    // Both die: whoever comes next inherits all there is.
    const result = await simulate({ seed: at, plan: plan(faults), network: { lost: 0, late: 0 } });
    assert.deepEqual([...result.violations], [], `killed at ${at}`);
    for (const [lane, own] of Map.groupBy(doubtsOf(result), (event) => event.lane)) {
      const distinct = new Set(own.map(publicationOf)).size;
      assert.ok(distinct <= sizes.started, `killed at ${at}: ${distinct} doubts in lane ${lane}`);
      doubts += distinct;
    }
  }
  assert.ok(doubts > 20, `${doubts} doubts in all: the kills missed the conversations`);
});

/** One sender stops as planned, the other one comes late: the lanes move twice. */
const moves = (seed: number): Plan => {
  const late: Fault = { kind: 'KILL', at: 1, forMs: 100 + seed * 5, process: 'sender', index: 1 };
  return plan([late, { kind: 'STOP', at: 300 + seed * 10, forMs: 60, process: 'sender', index: 0 }]);
};

test('rebalance-without-kill-leaves-no-unknown: conversations end before their lane is given up', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const rates = { slow: 0.5, slowMs: sizes.drainMs - 50, lostReply: 0, refused: 0 };
    assert.deepEqual(doubtsOf(await run({ seed, plan: moves(seed), rates })), []);
  }
});

test('rebalance-without-kill: what is slower than the drain goes on in its process, which never doubts itself', async () => {
  const kinds = new Set<string>();
  let doubts = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const rates = { slow: 0.5, slowMs: 500, lostReply: 0, refused: 0 };
    const result = await simulate({ seed, profile: 'CALM', plan: moves(seed), rates });
    for (const kind of result.violations.keys()) kinds.add(kind);
    doubts += doubtsOf(result).length;
  }
  // Lanes that moved to the other process are in doubt there, and nothing else is wrong.
  kinds.delete('unknown-without-fault');
  assert.deepEqual([...kinds], []);
  assert.ok(doubts > 0, 'no slow message was in a lane that moved');
});

test('cancelled-while-started: what runs ends, and nothing starts once the senders know', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const cancel: Control = { at: 90 + seed * 7, campaign: 1, status: 'CANCELLED' };
    const result = await run({ seed, plan: plan([], [cancel]) });
    const known = result.system.stoppedAt.get('c1')!;
    const late = outcomesOf(result).filter(
      (event) => event.campaignId === 'c1' && event.outcome === 'ACCEPTED' && event.at > known + 2000,
    );
    assert.deepEqual(late, []);
    for (const row of result.system.database.rows.values()) {
      if (row.campaign === 1) assert.ok(['ACCEPTED', 'BOUNCED', 'CANCELLED', 'UNKNOWN'].includes(row.state), row.state);
    }
  }
});

test('no-server-does-not-spin: a few probes, however long there is no server', async () => {
  const forMs = 4000;
  const result = await run({ seed: 3, plan: plan([{ kind: 'NO_SERVER', at: 0, forMs }]) });
  const released = outcomesOf(result).filter(({ reason, at }) => reason === 'NO_SERVER' && at < forMs).length;
  const { first, max } = result.system.policy.poolPauseMs;
  const probes = sizes.lanes * (Math.log2(max / first) + forMs / max);
  assert.ok(released >= 4, `${released} came back`);
  assert.ok(released <= sizes.recipients + sizes.probe * probes, `${released} came back`);
});

test('late-compacted-record-is-repaired: a pause that lands behind a resume does not stop the campaign', async () => {
  const controls: Control[] = [
    { at: 100, campaign: 1, status: 'PAUSED' },
    { at: 130, campaign: 1, status: 'SENDING' },
  ];
  let behind = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const result = await run({ seed, plan: plan([], controls), network: { late: 0.3, lost: 0 }, profile: 'BASE' });
    const records = result.system.campaigns.partitions[0]!.filter(({ id }) => id === 'c1');
    if (records.some(({ revision }, index) => revision < (records[index - 1]?.revision ?? 0))) behind++;
    assert.equal(records.at(-1)?.revision, result.system.database.campaigns.get(1)?.revision);
  }
  assert.ok(behind > 0, 'no record ever landed behind a newer one');
});

test('old-owner-produces-after-new-owner: slices that land late and twice become one mail each', async () => {
  let twice = 0;
  for (let seed = 1; seed <= 25; seed++) {
    const pause: Fault = { kind: 'PAUSE', at: 95 + seed, forMs: 700, process: 'scheduler', index: seed % 2 };
    const result = await run({ seed, plan: plan([pause]), network: { late: 0.1, lost: 0.1 }, profile: 'BASE' });
    const records = result.system.requests.partitions.flat();
    twice += records.length - new Set(records).size;
  }
  assert.ok(twice > 10, `${twice} records were produced twice`);
});

test('recount-equals-aggregates-equals-sink: without doubts the numbers are the mails', async () => {
  const result = await run({ seed: 5, plan: plan(), rates: { lostReply: 0 } });
  const accepted = result.system.stats.deltas.reduce((sum, { add }) => sum + (add.accepted ?? 0), 0);
  assert.equal(accepted, [...result.system.smtp.copies.values()].flat().length);
  assert.ok(accepted > 0);
});
