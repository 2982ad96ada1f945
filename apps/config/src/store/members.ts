/** Which pools have a server as a member. */
import type { Sql } from '@sendpool/database';

const named = `select name from pool
  where deleted_at is null and members @> jsonb_build_array(jsonb_build_object('serverId', $1::text)) order by lower(name) limit 5`;

/** Names of the pools, at most 5. */
export const poolsWith = async (sql: Sql, serverId: string): Promise<string[]> =>
  (await sql.query<{ name: string }>(named, [serverId])).map(({ name }) => name);
