/** Counts of deferred recipients by server. */
import type { Database } from '@sendpool/database';
import type { DeferredWaiting } from '../domain/deferred-waiting.ts';

const count = `
  select server_hint as server, count(*) as count from recipient_fact
  where due_at is not null and server_hint is not null
  group by server_hint`;

export const createDeferredWaiting = (database: Pick<Database, 'sql'>): DeferredWaiting => ({
  deferredWaiting: async () => {
    const rows = await database.sql.query<{ server: string; count: number }>(count);
    return new Map(rows.map((row) => [row.server, row.count]));
  },
});
