/** The report at the end: what each server did by the API's numbers, and whether the SMTP servers' own records say the same. */
import { sleep } from '@sendpool/kernel';
import type { ReceivedMail } from '@sendpool/testing';
import type { Api } from './api.ts';
import { checksOf, type SenderLoss } from './cluster-act.ts';
import type { Recount } from './recount.ts';
import type { RunningSink } from './sinks.ts';
import type { DemoCheck, Phase } from './types.ts';
import type { Watched } from './watch.ts';

/** The JSON of `--report FILE`. Shares and rates are between 0 and 1. */
export type DemoReport = {
  recipients: number;
  accepted: number;
  bounced: number;
  deferredThenAccepted: number;
  lost: number;
  duplicates: number;
  unknown: number;
  failovers: number;
  servers: ServerReport[];
  phases: { name: string; rotatedOut: readonly string[]; seconds: number; delivered: number }[];
  seconds: number;
  messagesPerSecond: number;
  sentToInactive: number;
  checks: DemoCheck[];
  /** Only on a cluster. Null: not tried. */
  senderLoss?: SenderLoss | null | undefined;
};

type ServerReport = {
  name: string;
  weight: number;
  role: string;
  accepted: number;
  receivedAtServer: number;
  shareWanted: number;
  shareByPhase: { phase: string; wanted: number | null; got: number }[];
  bounceRate: number | null;
  deferredRate: number | null;
  failovers: number;
  maxQueueDepth: number;
  exceedsBounceLimit: boolean;
};

type CampaignServerStats = {
  /** Null for what no server is known to have had: messages that were started by a sender that died. */
  server: { name: string } | null;
  accepted: string;
  bounceRate: number | null;
  deferredRate: number | null;
  failovers: string;
  exceedsBounceLimit: boolean;
};

const statsQuery =
  'query ($id: ID!) { campaign(id: $id) { serverStats { server { id name } accepted bounceRate deferredRate failovers exceedsBounceLimit } } statsLag { behind } }';
const recipientsQuery =
  'query ($id: ID!, $state: RecipientState!, $after: String) { campaign(id: $id) { recipients(state: $state, first: 100, after: $after) { nodes { email } pageInfo { hasNextPage endCursor } } } }';

type StatsAnswer = { campaign: { serverStats: CampaignServerStats[] }; statsLag: { behind: string } };
type RecipientsAnswer = {
  campaign: {
    recipients: { nodes: { email: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
  };
};

const askForStats = async (api: Api, campaignId: string): Promise<StatsAnswer | undefined> => {
  try {
    return await api.run<StatsAnswer>(statsQuery, { id: campaignId });
  } catch {
    return undefined; // a service that was just started again
  }
};

/** The numbers per server, once stats has counted everything in the log. Throws when that takes longer than 20 s. */
export const settledStats = async (api: Api, campaignId: string): Promise<CampaignServerStats[]> => {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await askForStats(api, campaignId);
    if (answer?.statsLag.behind === '0') return answer.campaign.serverStats;
    await sleep(100);
  }
  throw new Error('stats does not come to the end of the log');
};

export const addressesIn = async (api: Api, campaignId: string, state: 'BOUNCED' | 'UNKNOWN'): Promise<Set<string>> => {
  const found = new Set<string>();
  let after: string | null = null;
  for (;;) {
    const answer: RecipientsAnswer = await api.run<RecipientsAnswer>(recipientsQuery, { id: campaignId, state, after });
    const { nodes, pageInfo } = answer.campaign.recipients;
    for (const { email } of nodes) found.add(email);
    if (!pageInfo.hasNextPage) return found;
    after = pageInfo.endCursor;
  }
};

export type Evidence = {
  watched: Watched;
  stats: CampaignServerStats[];
  received: ReceivedMail[];
  addresses: readonly string[];
  bounced: ReadonlySet<string>;
  unknown: ReadonlySet<string>;
  recount: Recount;
  /** Of the sender that the cluster variant kills; null when the campaign was over before. */
  senderLoss?: SenderLoss | null | undefined;
};

const countByAddress = (received: readonly ReceivedMail[]): Map<string, number> => {
  const count = new Map<string, number>();
  for (const { to } of received) count.set(to, (count.get(to) ?? 0) + 1);
  return count;
};

const within = (received: readonly ReceivedMail[], { from, to }: Phase): ReceivedMail[] =>
  received.filter(({ at }) => at >= from && at < to);

const shareOf = (name: string, mails: readonly ReceivedMail[]): number =>
  mails.length === 0 ? 0 : mails.filter(({ server }) => server === name).length / mails.length;

const reportServer = (sink: RunningSink, sinks: readonly RunningSink[], evidence: Evidence): ServerReport => {
  const { name, weight, role } = sink.server;
  const stats = evidence.stats.find(({ server }) => server?.name === name);
  const sum = sinks.reduce((total, { server }) => total + server.weight, 0);
  const { samples, phases } = evidence.watched;
  return {
    name,
    weight,
    role,
    accepted: Number(stats?.accepted ?? 0),
    receivedAtServer: evidence.received.filter(({ server }) => server === name).length,
    shareWanted: weight / sum,
    shareByPhase: phases.map((phase) => ({
      phase: phase.name,
      wanted: phase.shareWanted?.[name] ?? null,
      got: shareOf(name, within(evidence.received, phase)),
    })),
    bounceRate: stats?.bounceRate ?? null,
    deferredRate: stats?.deferredRate ?? null,
    failovers: Number(stats?.failovers ?? 0),
    maxQueueDepth: Math.max(0, ...samples.map(({ queueDepth }) => queueDepth[name] ?? 0)),
    exceedsBounceLimit: stats?.exceedsBounceLimit ?? false,
  };
};

/** A phase in which no mail was due proves nothing; a campaign that stands still does not end, and the demo fails. */
const checkServerLoss = ({ watched, received }: Evidence): DemoCheck => {
  const down = watched.phases.find(({ name }) => name === 'smtp-primary down');
  const delivered =
    down === undefined ? 0 : within(received, down).filter(({ server }) => server !== 'smtp-primary').length;
  return {
    name: 'the others go on while smtp-primary is down',
    holds: delivered > 0 || null,
    detail: `${delivered} mails meanwhile`,
  };
};

const inactiveGraceMs = 1_000;

/** Compares the API's word with the servers' own records. */
export const makeReport = (sinks: readonly RunningSink[], evidence: Evidence): DemoReport => {
  const { watched, received, addresses, bounced, unknown } = evidence;
  const copies = countByAddress(received);
  const known = new Set(addresses);
  const lost = addresses.filter(
    (address) => !copies.has(address) && !bounced.has(address) && !unknown.has(address),
  ).length;
  const duplicates = [...copies.values()].reduce((extra, count) => extra + count - 1, 0);
  const strangers = [...copies.keys()].filter((address) => !known.has(address)).length;
  const bouncedButReceived = [...bounced].filter((address) => copies.has(address)).length;
  const unknownReceived = [...unknown].filter((address) => copies.has(address)).length;
  const sentToInactive = received.filter(
    ({ server, at }) => server === 'smtp-backup' && at > watched.inactiveSince + inactiveGraceMs,
  ).length;
  const servers = sinks.map((sink) => reportServer(sink, sinks, evidence));
  const { progress } = watched;
  const sum = progress.accepted + progress.bounced + progress.unknown + progress.expired + progress.cancelled;
  const acceptedByServers = servers.reduce((total, { accepted }) => total + accepted, 0);
  const checks: DemoCheck[] = [
    { name: 'nobody is lost', holds: lost === 0, detail: `${lost} recipients neither received, bounced nor unknown` },
    { name: 'nobody gets it twice', holds: duplicates === 0, detail: `${duplicates} extra copies` },
    {
      name: 'nobody else gets it',
      holds: strangers === 0 && bouncedButReceived === 0,
      detail: `${strangers} strangers, ${bouncedButReceived} bounced ones that received it`,
    },
    {
      name: 'the states add up',
      holds: sum === addresses.length,
      detail: `${sum} final states for ${addresses.length} recipients`,
    },
    {
      name: 'accepted is what the servers received',
      holds: progress.accepted + unknownReceived === copies.size,
      detail: `${progress.accepted} accepted and ${unknownReceived} of ${unknown.size} unknown against ${copies.size} received`,
    },
    {
      name: 'statistics add up',
      holds: acceptedByServers === progress.accepted,
      detail: `${acceptedByServers} by server, ${progress.accepted} by campaign`,
    },
    {
      name: 'a recount of the event log comes out equal',
      holds: evidence.recount.isEqual,
      detail: evidence.recount.said,
    },
    checkServerLoss(evidence),
    {
      name: 'Inactive holds within a second',
      holds: Number.isFinite(watched.inactiveSince) ? sentToInactive === 0 : null,
      detail: `${sentToInactive} mails to smtp-backup later than 1 s after the switch`,
    },
    ...(evidence.senderLoss === undefined ? [] : checksOf(evidence.senderLoss)),
  ];
  return {
    recipients: addresses.length,
    accepted: progress.accepted,
    bounced: progress.bounced,
    deferredThenAccepted: progress.deferredThenAccepted,
    lost,
    duplicates,
    unknown: progress.unknown,
    failovers: servers.reduce((total, { failovers }) => total + failovers, 0),
    servers,
    phases: watched.phases.map((phase) => ({
      name: phase.name,
      rotatedOut: phase.rotatedOut,
      seconds: (phase.to - phase.from) / 1000,
      delivered: within(received, phase).length,
    })),
    seconds: watched.seconds,
    messagesPerSecond: addresses.length / watched.seconds,
    sentToInactive,
    checks,
    senderLoss: evidence.senderLoss,
  };
};
