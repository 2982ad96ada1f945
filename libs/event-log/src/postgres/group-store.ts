/** A consumer group in PostgreSQL: changes under the lock of the group's row, heartbeats and commits without it. */
import type pg from 'pg';
import type { PositionStore } from '../group/epoch.ts';
import type { PartitionLag } from '../port.ts';
import { inTransaction, withClient } from './connection.ts';
import { join, leave, markReady, settle, type Group, type Member } from './group.ts';
import type { Topic } from './topics.ts';

/** The group as one member sees it. */
export type View = {
  /** False: it was dropped, and everything it held is fenced. */
  isKnown: boolean;
  generation: number;
  isReady: boolean;
  /** Milliseconds until a member that has not drained is dropped; undefined while the group is stable. */
  drainWithin: number | undefined;
  owned: number[];
  /** Time has changed something that somebody has to carry out. */
  needsSettling: boolean;
};

type MemberOptions = { id: string; sessionMs: number; drainMs: number };

export type GroupStore = PositionStore & {
  readonly id: number;
  /** Joins under a new id, and leaves as `previous` at the same moment. */
  join(member: MemberOptions, previous: string | undefined): Promise<void>;
  leave(memberId: string): Promise<void>;
  markReady(memberId: string): Promise<void>;
  settle(): Promise<void>;
  /** Heartbeat. */
  beat(memberId: string, timeoutMs: number): Promise<View>;
};

const upsertGroup = `insert into consumer_group(topic, name) values ($1, $2) on conflict (topic, name) do update set name = excluded.name returning id`;

const lockGroup = `select g.generation, g.rebalance_deadline, g.partitions, now_ms() as now, t.partitions as wanted
  from consumer_group g join topic t on t.id = g.topic where g.id = $1 for no key update of g`;
const lockMembers = `select id, seen_at as "seenAt", session_ms as "sessionMs", drain_ms as "drainMs", is_ready as "isReady" from group_member where group_id = $1 order by id for update`;
const selectOwners = `select partition, owner from group_offset where group_id = $1 and owner is not null`;

type Loaded = { group: Group; now: number; wanted: number };
type GroupRow = {
  generation: number;
  rebalance_deadline: number | null;
  partitions: number;
  now: number;
  wanted: number;
};

const load = async (client: pg.PoolClient, id: number): Promise<Loaded> => {
  const { rows } = await client.query<GroupRow>(lockGroup, [id]);
  const { rows: members } = await client.query<Member>(lockMembers, [id]);
  const { rows: owners } = await client.query<{ partition: number; owner: string }>(selectOwners, [id]);
  const { generation, rebalance_deadline, partitions, now, wanted } = rows[0]!;
  const held = new Map(owners.map(({ partition, owner }) => [partition, owner]));
  return {
    group: { generation, rebalanceDeadline: rebalance_deadline ?? undefined, partitions, members, owners: held },
    now,
    wanted,
  };
};

const saveGroup = `update consumer_group set generation = $2, rebalance_deadline = $3, partitions = $4 where id = $1`;
const dropMembers = `delete from group_member where group_id = $1 and not id = any($2::text[])`;
const saveMembers = `insert into group_member(group_id, id, seen_at, session_ms, drain_ms, is_ready)
  select $1, * from unnest($2::text[], $3::bigint[], $4::int[], $5::int[], $6::boolean[])
  on conflict (group_id, id) do update set is_ready = excluded.is_ready where group_member.is_ready <> excluded.is_ready`;
const addOffsets = `insert into group_offset(group_id, partition) select $1, p from generate_series(0, $2::int - 1) p on conflict do nothing`;
/** Waits for commits that are under way, in their lock order. */
const lockOffsets = `select 1 from group_offset where group_id = $1 order by partition for no key update`;
const saveOwners = `update group_offset o set owner = u.owner, generation = case when u.owner is null then o.generation else $4 end, commit_number = 0
  from group_offset p left join unnest($2::int[], $3::text[]) u(partition, owner) on u.partition = p.partition
  where o.group_id = $1 and p.group_id = $1 and o.partition = p.partition`;

const saveMembership = async (client: pg.PoolClient, id: number, { members }: Group): Promise<void> => {
  await client.query(dropMembers, [id, members.map((one) => one.id)]);
  const columns = [
    members.map((one) => one.id),
    members.map((one) => one.seenAt),
    members.map((one) => one.sessionMs),
    members.map((one) => one.drainMs),
  ];
  await client.query(saveMembers, [id, ...columns, members.map((one) => one.isReady)]);
};

const saveOwnership = async (client: pg.PoolClient, id: number, group: Group): Promise<void> => {
  await client.query(addOffsets, [id, group.partitions]);
  await client.query(lockOffsets, [id]);
  await client.query(saveOwners, [id, [...group.owners.keys()], [...group.owners.values()], group.generation]);
};

const save = async (client: pg.PoolClient, id: number, [before, after]: [Group, Group]): Promise<void> => {
  if (before === after) return;
  await client.query(saveGroup, [id, after.generation, after.rebalanceDeadline ?? null, after.partitions]);
  await saveMembership(client, id, after);
  if (after.owners !== before.owners || after.generation !== before.generation) await saveOwnership(client, id, after);
};

/** Statement time, not transaction time: a heartbeat that waited for a lock is as fresh as its end. */
const beatSql = `with beat as (update group_member set seen_at = now_ms() where group_id = $1 and id = $2 returning is_ready)
  select g.generation, g.rebalance_deadline - now_ms() as remaining, b.is_ready,
    array(select partition from group_offset o where o.group_id = g.id and o.owner = $2 order by partition) as owned,
    (t.partitions <> g.partitions or coalesce(g.rebalance_deadline < now_ms(), false)
      or exists (select 1 from group_member m where m.group_id = g.id and m.id <> $2 and m.seen_at + m.session_ms < now_ms())) as needs_settling
  from consumer_group g join topic t on t.id = g.topic left join beat b on true where g.id = $1`;

type BeatRow = {
  generation: number;
  remaining: number | null;
  is_ready: boolean | null;
  owned: number[];
  needs_settling: boolean;
};

const viewOf = (row: BeatRow): View => ({
  isKnown: row.is_ready !== null,
  generation: row.generation,
  isReady: row.is_ready === true,
  drainWithin: row.remaining ?? undefined,
  owned: row.owned,
  needsSettling: row.needs_settling,
});

/** Every partition must be held by this epoch and have seen no later commit, or none is changed. */
const commitSql = `with u as materialized (select * from unnest($5::int[], $6::bigint[], $7::text[]) u(partition, "offset", metadata)),
  l as materialized (select o.partition from group_offset o where o.group_id = $1 and o.partition = any($5::int[])
    and o.owner = $2 and o.generation = $3 and o.commit_number < $4 order by o.partition for no key update)
  update group_offset o set committed = u."offset", metadata = u.metadata, commit_number = $4
  from u join l using (partition) where o.group_id = $1 and o.partition = u.partition and (select count(*) from l) = cardinality($5::int[])
  returning o.partition`;

const committedSql = `select committed, metadata from group_offset where group_id = $1 and partition = $2 and owner = $3 and generation = $4`;

const lagSql = `select p.partition, p.next_offset as "end", coalesce(o.committed, 0) as committed, o.metadata, o.committed is not null as has_committed
  from log_partition p left join consumer_group g on g.topic = p.topic and g.name = $2
  left join group_offset o on o.group_id = g.id and o.partition = p.partition where p.topic = $1 order by p.partition`;

type LagRow = { partition: number; end: number; committed: number; metadata: string; has_committed: boolean };

export const readLag = async (pool: pg.Pool, topic: Topic, group: string): Promise<PartitionLag[]> => {
  const { rows } = await pool.query<LagRow>({ name: 'lag', text: lagSql, values: [topic.id, group] });
  return rows.map(({ partition, end, committed, metadata, has_committed }) => ({
    partition,
    end,
    committed,
    position: has_committed ? { offset: committed, metadata } : undefined,
  }));
};

type Change = (loaded: Loaded) => Group;

/** `onChanged` tells the other members. */
export const openGroup = async (
  pool: pg.Pool,
  topic: Topic,
  [name, onChanged]: [string, (id: number) => void],
): Promise<GroupStore> => {
  const { rows } = await pool.query<{ id: number }>(upsertGroup, [topic.id, name]);
  const id = rows[0]!.id;
  const change = async (how: Change): Promise<void> => {
    const isChanged = await inTransaction(pool, async (client) => {
      const loaded = await load(client, id);
      const after = settle(how(loaded), loaded.now, loaded.wanted);
      await save(client, id, [loaded.group, after]);
      return after !== loaded.group;
    });
    if (isChanged) onChanged(id);
  };
  return {
    id,
    maxMetadata: Infinity,
    join: (member, previous) =>
      change(({ group, now }) => {
        const left = previous === undefined ? group : leave(group, previous, now);
        return join(left, { ...member, seenAt: now }, now);
      }),
    leave: (memberId) => change(({ group, now }) => leave(group, memberId, now)),
    markReady: (memberId) => change(({ group }) => markReady(group, memberId)),
    settle: () => change(({ group }) => group),
    beat: async (memberId, timeoutMs) => {
      const query = { name: 'beat', text: beatSql, values: [id, memberId] };
      const { rows: views } = await withClient(pool, (client) => client.query<BeatRow>(query), timeoutMs);
      return viewOf(views[0]!);
    },
    commit: async ({ memberId, generation, number }, commits, timeoutMs) => {
      const columns = [
        commits.map((one) => one.partition),
        commits.map((one) => one.offset),
        commits.map((one) => one.metadata),
      ];
      const query = { name: 'commit', text: commitSql, values: [id, memberId, generation, number, ...columns] };
      const { rowCount } = await withClient(pool, (client) => client.query(query), timeoutMs);
      return rowCount === commits.length;
    },
    committed: async ({ memberId, generation }, partition) => {
      const query = { name: 'committed', text: committedSql, values: [id, partition, memberId, generation] };
      const { rows: positions } = await pool.query<{ committed: number | null; metadata: string }>(query);
      const [position] = positions;
      if (position === undefined) return 'FENCED';
      return position.committed === null ? undefined : { offset: position.committed, metadata: position.metadata };
    },
  };
};
