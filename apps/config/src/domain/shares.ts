/** The share of each member: its weight over the weights of the members through which mail may go now. */
import { mayBeFrom } from '@sendpool/contracts';
import { rotatedWeight, type Pool, type PoolMember } from './pool.ts';
import { isUsable, type SendingServer } from './sending-server.ts';

/** A member, and the pool of which it is one. */
export type MemberOfPool = PoolMember & { readonly pool: Pool };

export const membersOf = (pool: Pool): MemberOfPool[] => pool.members.map((member) => ({ ...member, pool }));

type Servers = ReadonlyMap<string, SendingServer>;

const maySend = (server: SendingServer | undefined, fromDomain: string | null): boolean =>
  server !== undefined && isUsable(server) && (fromDomain === null || mayBeFrom(server.fromDomains, fromDomain));

/** The weight of a member that counts for mail From this domain, null = From any; 0 when none may go through it. */
export const weightNow = (member: PoolMember, servers: Servers, fromDomain: string | null): number =>
  maySend(servers.get(member.serverId), fromDomain) ? rotatedWeight(member) : 0;

/**
 * Share of each member in their order, 0 to 1; all are 0 when no member can send. `servers` holds the servers of the members; one that is
 * missing counts as not usable.
 */
export const sharesOf = (pool: Pool, servers: Servers, fromDomain: string | null = null): number[] => {
  const weights = pool.members.map((member) => weightNow(member, servers, fromDomain));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (sum === 0 ? 0 : weight / sum));
};
