/** Backups of the simulated database and log, and what a restore to them does. */
import type { DeliveryEvent } from '@sendpool/contracts';
import type { LanePosition } from '../../apps/stats/src/domain/count-events.ts';
import type { CountDelta } from '../../apps/stats/src/domain/counts.ts';
import type { FakeDatabase, Tables } from './fake-database.ts';
import type { Group, Position } from './fake-log.ts';
import type { CampaignView, System } from './system.ts';

type DatabaseBackup = Tables & { readonly counted: [number, LanePosition][]; readonly deltas: CountDelta[] };

type LogBackup = {
  readonly requests: string[][];
  readonly events: DeliveryEvent[][];
  readonly campaigns: CampaignView[][];
  readonly ledgers: Map<number, Position>;
};

export type Backup = { readonly database: DatabaseBackup; readonly log: LogBackup };

/** Rows are replaced, never changed; what is changed in place is copied. */
const copyTables = (tables: Tables): Tables => ({
  lanes: tables.lanes.map((lane) => ({ ...lane })),
  campaigns: new Map([...tables.campaigns].map(([number, campaign]) => [number, { ...campaign }])),
  rows: new Map(tables.rows),
  campaignLanes: new Map(
    [...tables.campaignLanes].map(([key, lane]) => [key, { ...lane, states: new Map(lane.states) }]),
  ),
  pauses: new Map(tables.pauses),
  positions: new Map(tables.positions),
});

const copyLog = ({ requests, events, campaigns, groups }: System): LogBackup => ({
  requests: requests.partitions.map((records) => [...records]),
  events: events.partitions.map((records) => [...records]),
  campaigns: campaigns.partitions.map((records) => [...records]),
  ledgers: new Map(groups.sender.stored),
});

export const takeBackup = (system: System): Backup => ({
  database: {
    ...copyTables(system.database),
    counted: [...system.stats.lanes],
    deltas: [...system.stats.deltas],
  },
  log: copyLog(system),
});

const replaceMap = <Key, Value>(map: Map<Key, Value>, entries: Iterable<readonly [Key, Value]>): void => {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
};

const replaceTables = (database: FakeDatabase, backup: Tables): void => {
  const tables = copyTables(backup);
  database.lanes.splice(0, Infinity, ...tables.lanes);
  replaceMap(database.campaigns, tables.campaigns);
  replaceMap(database.rows, tables.rows);
  replaceMap(database.campaignLanes, tables.campaignLanes);
  replaceMap(database.pauses, tables.pauses);
  replaceMap(database.positions, tables.positions);
};

/** Both schemas go back; what was asked of the server before is not carried out any more. */
export const restoreDatabase = ({ database, stats, plant }: System, { database: backup }: Backup): void => {
  const read = new Map(database.positions);
  database.incarnation++;
  replaceTables(database, backup);
  if (plant.keepsPositions === true) replaceMap(database.positions, read);
  replaceMap(stats.lanes, backup.counted);
  stats.deltas.splice(0, Infinity, ...backup.deltas);
};

/** Nobody is a member any more, and every generation of before is over. */
export const emptyGroup = (group: Group): void => {
  group.members.clear();
  group.assignment.clear();
  group.generation++;
  group.state = 'EMPTY';
};

/** Every process must be dead: what they had asked of the brokers is lost. */
export const restoreLog = (system: System, { log: backup }: Backup): void => {
  const { requests, events, campaigns, groups } = system;
  requests.partitions.splice(0, Infinity, ...backup.requests.map((records) => [...records]));
  events.partitions.splice(0, Infinity, ...backup.events.map((records) => [...records]));
  campaigns.partitions.splice(0, Infinity, ...backup.campaigns.map((records) => [...records]));
  replaceMap(groups.sender.stored, backup.ledgers);
  for (const group of Object.values(groups)) emptyGroup(group);
};
