import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rotation, RotateOutPolicy } from '@sendpool/contracts';
import type { JudgedPool, PoolMember } from './evidence.ts';
import { judgePool } from './judge.ts';
import { evenly, hourMs, member, noon, pool } from './pool.fixture.ts';
import { seriesOf } from './send-series.ts';

const found = (judged: JudgedPool): string[] => judgePool(judged).map(({ kind, serverId }) => `${kind} ${serverId}`);
const wordsOf = (judged: JudgedPool): string[] => judgePool(judged).map(({ words }) => words);

/** Weights 10, 5, 3, and bounces of so many per thousand. */
const three = (bounces: readonly [number, number, number], facts: Partial<JudgedPool> = {}): JudgedPool => {
  const sizes = [5000, 2500, 1500];
  const members = ['a', 'b', 'c'].map((id, at) =>
    member(id, [10, 5, 3][at]!, { series: evenly(sizes[at]!, (sizes[at]! * bounces[at]!) / 1000) }),
  );
  return pool(members, facts);
};

const withRule = (rule: RotateOutPolicy['rule'], minSends = 1000): { policy: RotateOutPolicy } => ({
  policy: { rule, maxBounceRate: 0.03, minSends },
});

const rotated = (state: Rotation['state'], since: number, until: number | null = null): { rotation: Rotation } => ({
  rotation: { state, since, until, times: 1, reason: 'bounces' },
});

const replaced = (judged: JudgedPool, id: string, facts: Partial<PoolMember>): JudgedPool => ({
  ...judged,
  members: judged.members.map((one) => (one.serverId === id ? { ...one, ...facts } : one)),
});

test('a quiet pool and a good pool give nothing to say', () => {
  assert.deepEqual(found(pool([member('a', 1), member('b', 1)])), []);
  assert.deepEqual(found(three([10, 12, 8])), []);
});

test('a server surely above the limit and worse than the rest goes, with the evidence', () => {
  const [verdict] = judgePool(three([10, 10, 80]));
  assert.equal(`${verdict?.kind} ${verdict?.serverId}`, 'EJECT c');
  assert.equal(
    verdict?.words,
    '7.84 % over 510 sends: significantly above 3 %, and worse than the others: the rest of the pool has 0.98 %',
  );
  const { window, sends, bounced, restRate, z } = verdict.evidence;
  assert.deepEqual([window, sends, bounced], [500, 510, 40]);
  assert.ok(Math.abs(restRate! - 0.01) < 0.001 && z! > 4);
});

test('a server that is surely above the limit but not worse than the others is only warned of', () => {
  const few = pool([member('a', 10, { series: evenly(300, 12) }), member('c', 9, { series: evenly(20_000, 740) })]);
  assert.deepEqual(found(few), ['WARN a', 'WARN c']);
  assert.match(wordsOf(few)[1]!, /significantly above 3 %; it stays: not surely worse: the rest of the pool has 4 %$/);
});

test('above the limit and not surely is a warning in words, of the widest window', () => {
  const judged = three([10, 10, 10]);
  const unsure = replaced(judged, 'c', { series: evenly(2000, 68) });
  assert.deepEqual(wordsOf(unsure), ['3.4 % over 2,000 sends: not yet significant, 4.55 % needed at this volume']);
  assert.deepEqual(found(unsure), ['WARN c']);
});

test('a narrow window that moves above the limit is no warning once there are wider ones', () => {
  const series = seriesOf([
    { at: noon, sends: 500, bounced: 20 },
    { at: noon - 1000, sends: 3000, bounced: 30 },
  ]);
  assert.deepEqual(found(replaced(three([10, 10, 10]), 'c', { series })), []);
});

test('below 100 sends nothing is said', () => {
  assert.deepEqual(
    found(pool([member('a', 1, { series: evenly(99, 99) }), member('b', 1, { series: evenly(99, 0) })])),
    [],
  );
});

test('the same finding has the same id, and another rotation another one', () => {
  const once = judgePool(three([10, 10, 80]))[0]!;
  const later = judgePool(three([10, 10, 90], { now: noon + 5000 }))[0]!;
  assert.equal(later.id, once.id);
  const refused = replaced(three([10, 10, 80]), 'c', { ejectedAt: noon - 5000 });
  assert.notEqual(judgePool(refused)[0]!.id, once.id);
  const again = replaced(three([10, 10, 80]), 'c', rotated('IN', noon - hourMs));
  assert.notEqual(judgePool(again)[0]!.id, once.id);
});

const unsureAt = (now: number): JudgedPool =>
  pool([member('a', 1, { series: evenly(2000, 68, now) }), member('b', 1, { series: evenly(2000, 10, now) })], { now });

test('a warning is one a day', () => {
  const ids = [noon, noon + hourMs, noon + 24 * hourMs].map((now) => judgePool(unsureAt(now))[0]?.id);
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[0], ids[2]);
});

test('sends from before the last change of rotation are forgotten', () => {
  assert.deepEqual(found(replaced(three([10, 10, 80]), 'c', rotated('IN', noon + 1))), []);
});

test('sends older than three days are forgotten', () => {
  assert.deepEqual(found(three([10, 10, 80], { now: noon + 73 * hourMs })), []);
});

test('one goes at a time, the worst', () => {
  const judged = pool(
    ['a', 'b', 'c', 'd', 'e'].map((id) => {
      const rate = { c: 0.09, d: 0.2 }[id] ?? 0.01;
      return member(id, 1, { series: evenly(2000, 2000 * rate) });
    }),
  );
  assert.deepEqual(
    found(judged).filter((text) => text.startsWith('EJECT')),
    ['EJECT d'],
  );
});

test('a member with more than half of the weight stays, and the warning says why', () => {
  const judged = three([80, 10, 10]);
  assert.deepEqual(found(judged), ['WARN a']);
  assert.match(wordsOf(judged)[0]!, /it stays: more than half of the weight of the pool would be out$/);
});

test('half of the weight may be out, and not more, in all', () => {
  const none = pool(['a', 'b', 'c', 'd'].map((id) => member(id, 1, { series: evenly(3000, id === 'd' ? 300 : 30) })));
  const one = replaced(none, 'a', rotated('OUT', 1));
  assert.deepEqual(found(none), ['EJECT d']);
  assert.deepEqual(found(one), ['EJECT d']);
  assert.deepEqual(found(replaced(one, 'b', rotated('OUT', 1))), ['WARN d']);
});

test('members that cannot be used are neither judged nor counted on', () => {
  const judged = replaced(replaced(three([10, 80, 10]), 'a', { isUsable: false }), 'c', { isUsable: false });
  assert.deepEqual(found(judged), ['WARN b']);
  assert.match(wordsOf(judged)[0]!, /it stays: it is the only usable member of the pool$/);
});

test('a pool of one server is warned of, by either rule', () => {
  const alone = [member('a', 1, { series: evenly(5000, 400) })];
  assert.deepEqual(found(pool(alone)), ['WARN a']);
  assert.deepEqual(found(pool(alone, withRule('LITERAL'))), ['WARN a']);
  assert.match(wordsOf(pool(alone, withRule('LITERAL')))[0]!, /it stays: it is the last usable member of the pool$/);
});

const bad = {
  campaigns: [
    { campaignId: 'good', sends: 4000, bounced: 20 },
    { campaignId: 'bad', sends: 5000, bounced: 430 },
  ],
};

test('a list that is bad at every server takes nobody out, and names its campaigns', () => {
  const judged = three([50, 50, 50], bad);
  assert.deepEqual(found(judged), ['BAD_LIST null']);
  const [verdict] = judgePool(judged);
  assert.deepEqual(verdict?.campaignIds, ['bad']);
  assert.match(
    verdict.words,
    /^5 % over [\d,]+ sends of the whole pool, above 3 % and not of one server: it is the list$/,
  );
});

const heavyAndLight = (weight: number): JudgedPool =>
  pool([member('a', weight, { series: evenly(500, 32) }), member('b', 5, { series: evenly(150, 4) })], bad);

test('members with half of the weight surely above the limit are a bad list, before the whole pool surely is', () => {
  assert.deepEqual(found(heavyAndLight(5)), ['BAD_LIST null']);
  assert.deepEqual(found(heavyAndLight(4)), ['WARN a']);
});

test('one very bad server is no bad list, even when the whole pool is above the limit', () => {
  assert.deepEqual(found(three([10, 10, 500], bad)), ['EJECT c']);
  assert.deepEqual(found(three([300, 10, 10], bad)), ['WARN a']);
});

test('after a bad list the counters are fresh, and the next one has another id', () => {
  assert.deepEqual(found(three([50, 50, 50], { ...bad, cleanSince: noon + 1 })), []);
  const ids = [0, noon - hourMs].map((cleanSince) => judgePool(three([50, 50, 50], { ...bad, cleanSince }))[0]?.id);
  assert.notEqual(ids[0], ids[1]);
});

test('LITERAL goes by the bare rate after a minimum of sends', () => {
  assert.deepEqual(found(three([10, 10, 33], withRule('LITERAL', 1500))), ['EJECT c']);
  assert.deepEqual(found(three([10, 10, 33], withRule('LITERAL', 1501))), ['WARN c']);
  assert.deepEqual(wordsOf(three([10, 10, 33], withRule('LITERAL', 1501))), [
    '3.27 % over 1,500 sends: not judged below 1,501 sends',
  ]);
  assert.deepEqual(wordsOf(three([10, 10, 33], withRule('LITERAL', 1500))), ['3.27 % over 1,500 sends: above 3 %']);
});

test('OFF says nothing about bounces, and still lets members come back', () => {
  const judged = replaced(three([10, 10, 500], { ...withRule('OFF'), ...bad }), 'a', rotated('OUT', 0, noon));
  assert.deepEqual(found(judged), ['RETURN a']);
});

const outUntil = (until: number | null): string[] =>
  found(replaced(three([10, 10, 10]), 'c', rotated('OUT', 0, until)));

test('a member that is out comes back when its time is over, and not before or without one', () => {
  assert.deepEqual(outUntil(noon), ['RETURN c']);
  assert.deepEqual(outUntil(noon + 1), []);
  assert.deepEqual(outUntil(null), []);
});

test('on probation less is enough to go', () => {
  const since = noon - hourMs;
  const suspicious = { series: evenly(1000, 48) };
  assert.deepEqual(found(replaced(three([10, 10, 0]), 'c', suspicious)), ['WARN c']);
  assert.deepEqual(found(replaced(three([10, 10, 0]), 'c', { ...suspicious, ...rotated('PROBATION', since) })), [
    'EJECT c',
  ]);
});

test('probation is passed after 2,000 sends below the limit since it began', () => {
  const since = noon - hourMs;
  const on = (sends: number, bounced: number, began = since): string[] =>
    found(replaced(three([10, 10, 0]), 'c', { series: evenly(sends, bounced), ...rotated('PROBATION', began) }));
  assert.deepEqual(on(1999, 10), []);
  assert.deepEqual(on(2000, 10), ['PROMOTE c']);
  assert.deepEqual(on(2000, 61), ['WARN c']);
  assert.deepEqual(on(2000, 10, noon - 50_000), []);
});

test('a probation of few sends is passed after three days when nothing speaks against it', () => {
  const after = (hours: number, sends: number, bounced: number): JudgedPool => {
    const rotation = rotated('PROBATION', noon - hours * hourMs);
    return replaced(three([10, 10, 0]), 'c', { series: evenly(sends, bounced), ...rotation });
  };
  assert.deepEqual(found(after(71, 300, 3)), []);
  assert.deepEqual(wordsOf(after(72, 300, 3)), [
    '1 % over 300 sends: within the 3 % allowed; nothing spoke against it in 72 hours: probation is over',
  ]);
  assert.deepEqual(found(after(72, 300, 3)), ['PROMOTE c']);
  assert.deepEqual(found(after(72, 300, 12)), ['WARN c']);
  assert.deepEqual(found(after(72, 30, 1)), ['PROMOTE c']);
  assert.deepEqual(found(after(72, 30, 8)), []);
  assert.deepEqual(found(after(72, 0, 0)), ['PROMOTE c']);
  assert.deepEqual(found(replaced(after(72, 0, 0), 'c', { isUsable: false })), []);
});

test('a warm-up is held once a day while the rate of the day is above the limit', () => {
  const warming = replaced(three([10, 10, 0]), 'c', { isWarmingUp: true, series: evenly(200, 7) });
  assert.deepEqual(found(warming), ['WARN c', 'HOLD_WARM_UP c']);
  assert.deepEqual(found(replaced(warming, 'c', { series: evenly(200, 6) })), []);
  const yesterday = { series: evenly(200, 7, noon - 13 * hourMs) };
  assert.deepEqual(found(replaced(warming, 'c', yesterday)), ['WARN c']);
  const ids = ['p1', 'p2'].map((poolId) => judgePool({ ...warming, poolId }).at(-1)?.id);
  assert.equal(ids[0], ids[1]);
});
