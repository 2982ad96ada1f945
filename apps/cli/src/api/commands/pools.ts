/** `sendpool pools`: who is in each pool, with which share, and who was rotated out. */
import { percent, time } from '../../domain/words.ts';
import type { Command } from '../command.ts';
import { everyPage } from '../every-page.ts';
import { tableOf, type Column } from '../table.ts';

type Member = {
  server: { name: string; state: string };
  weight: number;
  share: number;
  rotation: { state: string; until: string | null; reason: string | null };
};
type Pool = { id: string; name: string; members: readonly Member[] };
type Row = { pool: Pool; member: Member | undefined };

const selection = `id name members {
  server { name state } weight share rotation { state until reason }
}`;

const rotationOf = ({ member }: Row): string => {
  if (member === undefined) return 'no member yet';
  const { state, until, reason } = member.rotation;
  if (state === 'IN') return '';
  return `${state}${until === null ? '' : ` until ${time(until)}`}${reason === null ? '' : `: ${reason}`}`;
};

const columns: Column<Row>[] = [
  { head: 'POOL', of: ({ pool }) => pool.name },
  { head: 'ID', of: ({ pool }) => pool.id },
  { head: 'SERVER', of: ({ member }) => member?.server.name ?? '-' },
  { head: 'STATE', of: ({ member }) => member?.server.state ?? '-' },
  { head: 'WEIGHT', of: ({ member }) => String(member?.weight ?? '-'), isNumber: true },
  { head: 'SHARE', of: ({ member }) => percent(member?.share), isNumber: true },
  { head: 'ROTATION', of: rotationOf },
];

const rowsOf = (pool: Pool): Row[] =>
  pool.members.length === 0 ? [{ pool, member: undefined }] : pool.members.map((member) => ({ pool, member }));

export const pools: Command = {
  takes: [],
  help: 'pools, their members and shares, and who was rotated out',
  run: async ({ api, terminal, values }) => {
    const all = await everyPage<Pool>(api, 'pools', selection);
    if (values.json === true) return terminal.line(JSON.stringify(all, null, 2));
    return terminal.line(tableOf(all.flatMap(rowsOf), columns, 'There is no pool yet.'));
  },
};
