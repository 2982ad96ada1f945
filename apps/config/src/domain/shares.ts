/** The share of each member: its weight over the weights of the members through which mail may go now. */
import type { Pool, PoolMember } from './pool.ts';
import { isUsable, type SendingServer } from './sending-server.ts';

export type SharedMember = PoolMember & {
  /** Between 0 and 1; 0 when its server is not active and verified. All are 0 when no member can send. */
  readonly share: number;
};

/** `servers` holds the servers of the members; one that is missing counts as not usable. */
export const sharesOf = (pool: Pool, servers: ReadonlyMap<string, SendingServer>): SharedMember[] => {
  const weightOf = ({ serverId, weight }: PoolMember): number => {
    const server = servers.get(serverId);
    return server !== undefined && isUsable(server) ? weight : 0;
  };
  const sum = pool.members.reduce((total, member) => total + weightOf(member), 0);
  return pool.members.map((member) => ({ ...member, share: sum === 0 ? 0 : weightOf(member) / sum }));
};
