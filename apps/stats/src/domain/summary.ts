/** Turns counts of a server into what its users ask: totals, rates, latency and what the bounces say. */
import { defaultRotateOut } from '@sendpool/contracts';
import { lowerBound, neededRate, rateOf } from './bounce-test.ts';
import { fewestSends, rateText } from './bounce-words.ts';
import { addCounts, judgedSends, noCounts, type Counts } from './counts.ts';
import { strictness } from './evidence.ts';

export type ProviderCounts = { readonly provider: string; readonly counts: Counts };

export type Summary = {
  readonly attempted: number;
  readonly accepted: number;
  readonly bounced: number;
  readonly deferred: number;
  readonly unknown: number;
  readonly failovers: number;
  /** 0 to 1; null before the first send. */
  readonly bounceRate: number | null;
  readonly deferredRate: number | null;
};

export type BounceVerdict = {
  readonly words: string;
  /** Of bounces of class HARD and BLOCK, 0 to 1; null before the first send. */
  readonly judgedRate: number | null;
  /** Accepted messages, and bounces of class HARD or BLOCK. */
  readonly sends: number;
  /** Smallest rate that is significant over this many sends. */
  readonly needed: number;
  readonly significant: boolean;
};

/** `limit`: bounce rate that is still allowed, 0 to 1. */
export const bounceVerdict = (counts: Counts, limit = defaultRotateOut.maxBounceRate): BounceVerdict => {
  const own = judgedSends(counts);
  const evidence = {
    sends: own.sends,
    rate: rateOf(own),
    lowerBound: lowerBound(own, strictness.IN),
    needed: neededRate(own.sends, limit, strictness.IN),
  };
  return {
    words: rateText(evidence, limit),
    judgedRate: own.sends === 0 ? null : evidence.rate,
    sends: own.sends,
    needed: evidence.needed,
    significant: own.sends >= fewestSends && evidence.lowerBound > limit,
  };
};

export type ServerSummary = Summary & {
  readonly bounces: { hard: number; block: number; soft: number };
  readonly latency: { meanMs: number; maxMs: number } | null;
  /** The provider with the most attempts first. */
  readonly byProvider: readonly (Summary & { provider: string })[];
};

/** bounced / (accepted + bounced), 0 to 1; null before the first. Bounces of every class. */
const bounceRate = (accepted: number, bounced: number): number | null =>
  accepted + bounced === 0 ? null : bounced / (accepted + bounced);

export const summarise = (counts: Counts): Summary => {
  const { accepted, deferred, unknown, failovers } = counts;
  const bounced = counts.bouncedHard + counts.bouncedBlock + counts.bouncedSoft;
  const attempted = accepted + bounced + deferred + unknown;
  return {
    attempted,
    accepted,
    bounced,
    deferred,
    unknown,
    failovers,
    bounceRate: bounceRate(accepted, bounced),
    deferredRate: attempted === 0 ? null : deferred / attempted,
  };
};

export const sumCounts = (rows: Iterable<Counts>): Counts => {
  const sum = noCounts();
  for (const row of rows) addCounts(sum, row);
  return sum;
};

const latencyOf = ({ latencyCount, latencySum, latencyMax }: Counts): ServerSummary['latency'] =>
  latencyCount === 0 ? null : { meanMs: latencySum / latencyCount, maxMs: latencyMax };

/** `rows` has one entry for each provider. */
export const summariseServer = (rows: readonly ProviderCounts[]): ServerSummary => {
  const sum = sumCounts(rows.map((row) => row.counts));
  return {
    ...summarise(sum),
    bounces: { hard: sum.bouncedHard, block: sum.bouncedBlock, soft: sum.bouncedSoft },
    latency: latencyOf(sum),
    byProvider: rows
      .map(({ provider, counts }) => ({ provider, ...summarise(counts) }))
      .filter((row) => row.attempted > 0)
      .sort((a, b) => b.attempted - a.attempted || (a.provider < b.provider ? -1 : 1)),
  };
};
