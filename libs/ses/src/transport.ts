/** Servers of kind SES with the words of every transport: a "connection" is one slot of concurrency, opening one asks nothing of the network. */
import type { MailConnection, ProbeResult } from '@sendpool/contracts';
import { askSesAccount, type SesAccount } from './account.ts';
import { closeSesClient, createSesClient, type SesClient } from './client.ts';
import { defaultTimeouts, type SesTimeouts } from './exchange.ts';
import { sendMail } from './send.ts';
import { accessOf, type SesServer } from './server.ts';

export type SesTransport = {
  /** Connections of one revision of a server share what is kept alive. Never rejects. */
  open(server: SesServer): Promise<MailConnection>;
  /** Whether the account may send now. Sends nothing. Never rejects. */
  probe(server: SesServer): Promise<ProbeResult>;
};

type Shared = { readonly client: SesClient; connections: number };

type Clients = Map<string, Shared>;

const keyOf = ({ id, revision }: SesServer): string => `${id}/${revision}`;

const take = (clients: Clients, server: SesServer): Shared => {
  const shared = clients.get(keyOf(server)) ?? { client: createSesClient(accessOf(server)), connections: 0 };
  shared.connections += 1;
  clients.set(keyOf(server), shared);
  return shared;
};

/** The last one closes. */
const release = (clients: Clients, server: SesServer, shared: Shared): void => {
  shared.connections -= 1;
  if (shared.connections > 0) return;
  closeSesClient(shared.client);
  clients.delete(keyOf(server));
};

type Slot = { server: SesServer; client: SesClient; timeouts: SesTimeouts; onClose(): void };

const createConnection = ({ server, client, timeouts, onClose }: Slot): MailConnection => {
  let running: AbortController | undefined;
  let isOpen = true;
  return {
    send: async ({ from, to }, message) => {
      if (running !== undefined) throw new Error('a connection sends one message at a time');
      if (!isOpen) {
        const text = 'the connection is closed';
        return { kind: 'SERVER_FAILURE', stage: 'CONNECT', failure: 'CONNECTION', reply: null, message: text };
      }
      const controller = new AbortController();
      running = controller;
      const mail = { from, to, message, configurationSet: server.ses.configurationSet };
      const result = await sendMail(client, mail, { timeouts, controller });
      running = undefined;
      return result;
    },
    isUsable: () => isOpen,
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      running?.abort(new Error('the connection was closed by its owner'));
      onClose();
    },
  };
};

const mayNotSend = ({ enforcementStatus }: SesAccount): string =>
  `Amazon SES does not let the account send (enforcement status ${enforcementStatus})`;

/** Each time-out that is left out is that of `defaultTimeouts`. */
export const createSesTransport = (options: { timeouts?: Partial<SesTimeouts>; probeMs: number }): SesTransport => {
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const clients: Clients = new Map();
  return {
    open: async (server) => {
      const shared = take(clients, server);
      const onClose = () => release(clients, server, shared);
      return createConnection({ server, client: shared.client, timeouts, onClose });
    },
    probe: async (server) => {
      const answer = await askSesAccount({ ...accessOf(server), timeoutMs: options.probeMs });
      if (!answer.ok) return answer;
      return answer.account.sendingEnabled
        ? { ok: true }
        : { ok: false, stage: 'AUTH', message: mayNotSend(answer.account) };
    },
  };
};
