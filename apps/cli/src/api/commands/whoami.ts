/** `sendpool whoami`: whose key it is, what it may do, and until when. */
import { plain, time } from '../../domain/words.ts';
import type { Command } from '../command.ts';

type Viewer = { kind: string; id: string; name: string | null; role: string; expiresAt: string | null };

const query = '{ viewer { kind id name role expiresAt } }';

const lineOf = ({ kind, id, name, role, expiresAt }: Viewer): string => {
  const who = kind === 'API_KEY' ? `the API key ${name ?? ''} (${id})` : id;
  return plain(`${who}: ${role}, ${expiresAt === null ? 'does not expire' : `until ${time(expiresAt)}`}`);
};

export const whoami: Command = {
  takes: [],
  help: 'whose key it is, and what it may do',
  run: async ({ api, terminal, values }) => {
    const { viewer } = await api.ask<{ viewer: Viewer }>(query);
    terminal.line(values.json === true ? JSON.stringify(viewer, null, 2) : lineOf(viewer));
  },
};
