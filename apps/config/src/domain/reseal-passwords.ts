/** Seals the passwords of all servers under the present key, so that the previous one can be thrown away. */
import type { SealedSecret } from '@sendpool/contracts';
import { changeRow } from './change-row.ts';
import { good } from './result.ts';
import type { SendingServer } from './sending-server.ts';
import type { ListPage, ServerStore } from './stores.ts';

export type ResealDeps = {
  servers: Pick<ServerStore, 'find' | 'save' | 'page'>;
  /** The same password under the present key. SAME: it is sealed under it already. UNOPENED: under a key that is not known. */
  reseal(sealed: SealedSecret, serverId: string): SealedSecret | 'SAME' | 'UNOPENED';
};

export type Resealed = {
  readonly changed: number;
  /** Names of the servers whose password must be given again, or that others kept changing. */
  readonly left: readonly string[];
};

type End = 'SAME' | 'CHANGED' | 'LEFT';

const resealOne = async ({ servers, reseal }: ResealDeps, { id }: SendingServer): Promise<End> => {
  let end: End = 'SAME';
  const decide = (current: SendingServer) => {
    const password = current.password === null ? 'SAME' : reseal(current.password, id);
    if (typeof password === 'object') end = 'CHANGED';
    else end = password === 'SAME' ? 'SAME' : 'LEFT';
    return good(typeof password === 'object' ? { ...current, password } : current);
  };
  const result = await changeRow(servers, { id, noun: 'sending server', decide });
  return result.ok ? end : 'LEFT';
};

const atOnce = 100;
const asMade = { field: 'CREATED_AT', direction: 'ASC' } as const;

/** Safe to run again, and while the service runs: it publishes what was changed. */
export const createResealPasswords = (deps: ResealDeps) => async (): Promise<Resealed> => {
  const left: string[] = [];
  let changed = 0;
  let after: ListPage['after'];
  do {
    const page = await deps.servers.page({ count: atOnce, order: asMade, after, nameContains: undefined });
    for (const server of page) {
      const end = await resealOne(deps, server);
      if (end === 'CHANGED') changed += 1;
      if (end === 'LEFT') left.push(server.name);
    }
    after = page.length === atOnce ? { key: '', id: page.at(-1)!.id } : undefined;
  } while (after !== undefined);
  return { changed, left };
};
