/** Turns counts of a server into what its users ask: totals, rates, latency and the judgement. */
import { addCounts, noCounts, type Counts } from './counts.ts';
import { bounceRate, isRotatedOut } from './judge.ts';

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
  readonly rotateOut: boolean;
};

export type ServerSummary = Summary & {
  readonly bounces: { hard: number; block: number; soft: number };
  readonly latency: { meanMs: number; maxMs: number } | null;
  /** The provider with the most attempts first. */
  readonly byProvider: readonly (Summary & { provider: string })[];
};

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
    rotateOut: isRotatedOut({ accepted, bounced }),
  };
};

const sumCounts = (rows: Iterable<Counts>): Counts => {
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
