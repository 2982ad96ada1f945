/** Leases of lanes in PostgreSQL. */
import type { Database, Sql } from '@sendpool/database';
import type { HeldLane, LeaseStore } from '../domain/lane-leases.ts';

/** Waits for its own rows: they are only ever locked for one slice. */
const renew = `
  with own as materialized (select lane from lane where owner = $1 order by lane for no key update)
  update lane set lease_until = clock_timestamp() + $2 * interval '1 millisecond'
  from own where lane.lane = own.lane and lane.owner = $1
  returning lane.lane, lane.epoch`;

/** A row that is locked is in use, whatever its lease says. */
const take = `
  with free as materialized (
    select lane from lane where (owner is null or owner <> $1) and lease_until < clock_timestamp()
    order by lane for no key update skip locked
  )
  update lane set owner = $1, epoch = epoch + 1, lease_until = clock_timestamp() + $2 * interval '1 millisecond'
  from free where lane.lane = free.lane
  returning lane.lane, lane.epoch`;

const hold = async (sql: Sql, owner: string, leaseMs: number): Promise<HeldLane[]> => {
  const renewed = await sql.query<HeldLane>(renew, [owner, leaseMs]);
  const taken = await sql.query<HeldLane>(take, [owner, leaseMs]);
  return [...renewed, ...taken].sort((a, b) => a.lane - b.lane);
};

export const createLeaseStore = (database: Pick<Database, 'sql'>): LeaseStore => ({
  ensureLanes: async (lanes) => {
    await database.sql.query(
      'insert into lane (lane) select generate_series(0, $1::int - 1) on conflict (lane) do nothing',
      [lanes],
    );
  },
  hold: (owner, leaseMs) => hold(database.sql, owner, leaseMs),
  release: async (owner) => {
    await database.sql.query(`update lane set owner = null, lease_until = '-infinity' where owner = $1`, [owner]);
  },
});
