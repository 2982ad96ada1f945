/** Which declared limits hold servers back now, as the senders say: messages that wait there are in flight, and nothing of them comes back. */
import { mayBeFrom, type SenderStatus } from '@sendpool/contracts';
import type { Campaign } from './campaign.ts';
import type { SendingView } from './sending-view.ts';

export type HeldServers = {
  /** What a sender has just said of a server. */
  put(status: Pick<SenderStatus, 'source' | 'serverId' | 'limitedBy'>): void;
  /** The limit that holds back all mail of a server at one sender at least, as in `messagesPerDay`; null = none. */
  limitOf(serverId: string): string | null;
};

/** A sender speaks every five seconds at least. Milliseconds. */
const freshMs = 15_000;

type Said = { limit: string | null; at: number };

/** Limits towards one mailbox provider, as in `gmail messagesPerDay`, let the others go on. */
const isOfAll = (limit: string): boolean => !limit.includes(' ');

/** `now`: milliseconds, by which words grow old. */
export const createHeldServers = (now: () => number): HeldServers => {
  const servers = new Map<string, Map<string, Said>>();
  const said = (serverId: string): Said[] => [...(servers.get(serverId)?.values() ?? [])];
  return {
    put: ({ source, serverId, limitedBy }) => {
      const senders = servers.get(serverId) ?? new Map<string, Said>();
      for (const [other, { at }] of senders) if (now() - at > freshMs) senders.delete(other);
      servers.set(serverId, senders.set(source, { limit: limitedBy, at: now() }));
    },
    limitOf: (serverId) =>
      said(serverId).find(({ limit, at }) => now() - at <= freshMs && limit !== null && isOfAll(limit))?.limit ?? null,
  };
};

const serversFor = (view: SendingView, { poolId, from }: Pick<Campaign, 'poolId' | 'from'>): string[] => {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1).toLowerCase();
  const isUsable = (id: string): boolean => {
    const server = view.server(id);
    return server?.state === 'ACTIVE' && server.verified && mayBeFrom(server.fromDomains, domain);
  };
  const members = view.pool(poolId)?.members ?? [];
  return members
    .filter(({ weight, rotation }) => weight > 0 && rotation.state !== 'OUT')
    .map(({ serverId }) => serverId)
    .filter(isUsable);
};

/** Why the messages of a campaign wait in the senders, in the form of the reason of an outcome: every server that it may use is at a limit. Null: one is not. */
export const heldBy = (
  view: SendingView,
  held: Pick<HeldServers, 'limitOf'>,
  campaign: Pick<Campaign, 'poolId' | 'from'>,
): string | null => {
  const limits = serversFor(view, campaign).map((id) => held.limitOf(id));
  if (limits.length === 0 || limits.includes(null)) return null;
  const [limit, ...others] = new Set(limits);
  return others.length === 0 ? `LIMITED:${limit}` : 'LIMITED';
};
