import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createContext } from '@sendpool/graphql';
import { isAppError } from '@sendpool/kernel';
import { defaultLimits, noRates } from '../../domain/limits.ts';
import { memberWith, poolWith, serverWith } from '../../domain/testing.ts';
import { createPlanResolvers } from './plan.resolver.ts';

const names = Array.from({ length: 20 }, (_, at) => `p${at}`);
/** 64 members, each with limits of its own to the 20 mailbox providers of the plan and to 30 others: nothing is reached at the same time. */
const servers = Array.from({ length: 64 }, (_, at) => {
  const towards = (provider: string, place: number) => ({
    ...noRates,
    provider,
    messagesPerMinute: 30 + ((at * 37 + place * 11) % 101),
    messagesPerDay: 1000 + ((at * 31 + place * 7) % 97),
    maxConnections: null,
  });
  const others = Array.from({ length: 30 }, (_, place) => `other${place}`);
  const limits = { ...defaultLimits, messagesPerSecond: at + 1, providers: [...others, ...names].map(towards) };
  return serverWith({ limits });
});
const pool = poolWith(servers.map(({ id }, at) => memberWith(id, at + 1)));
const byId = new Map(servers.map((server) => [server.id, server]));
const find = async (ids: readonly string[]) => ids.map((id) => byId.get(id)!);
const resolvers = createPlanResolvers({ servers: { find }, now: () => new Date(0) });
const request = () => createContext({ keyId: 'k', role: 'READER', requestId: 'r' }, new AbortController().signal);
const worst = { recipients: 2_000_000_000, providers: names.map((provider) => ({ provider, share: 1 / 20 })) };
const { plan } = resolvers.SendingServerPool;

/** Milliseconds of the processor, so that other processes of the machine do not count. */
const worked = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Longest round of the event loop until `running` settles. */
const longestRound = async (running: Promise<unknown>): Promise<number> => {
  const state = { settled: false };
  void running.finally(() => {
    state.settled = true;
  });
  let longest = 0;
  for (let before = worked(); !state.settled;) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = worked();
    longest = Math.max(longest, now - before);
    before = now;
  }
  return longest;
};

describe('the plans of one request', () => {
  it('never hold the event loop for a tenth of a second, and are refused beyond what one request may cost, not the next one', async () => {
    const context = request();
    const aliases = Promise.allSettled(Array.from({ length: 30 }, () => plan(pool, worst, context)));
    const longest = await longestRound(aliases);
    assert.ok(longest < 100, `a round of the event loop took ${longest} ms`);
    const results = await aliases;
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    assert.ok(refused.length >= 26 && refused.length < 30, `${refused.length} were refused`);
    assert.ok(refused.every((reason) => isAppError(reason, 'BAD_INPUT') && /too much work/.test(reason.message)));
    assert.ok(results.slice(0, 30 - refused.length).every(({ status }) => status === 'fulfilled'));
    await assert.rejects(plan(pool, worst, context), /too much work/);
    assert.match((await plan(pool, worst, request())).words[0]!, /too many limits/);
  });
});
