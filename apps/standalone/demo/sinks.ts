/** The demo's SMTP servers: processes of their own on this machine, with TLS and AUTH, which write down each mail before they answer. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  makeCertificate,
  readMailLog,
  startSinkProcess,
  type ReceivedMail,
  type SinkProcess,
  type SinkRule,
} from '@sendpool/testing';
import type { DemoServer } from './types.ts';

export type RunningSink = {
  readonly server: DemoServer;
  /** Stays the same over kill and start. */
  readonly port: number;
  /** PEM to pin; undefined when the server speaks no TLS. */
  readonly ca: string | undefined;
  pid(): number;
  /** SIGKILL: the port refuses connections from now on. */
  kill(): Promise<void>;
  start(): Promise<void>;
};

/** How long a server thinks about a recipient, so that the campaign lasts long enough to be watched. */
const thinkMs = 45;

const rulesOf = ({ deferShare, bounceShare }: DemoServer): SinkRule[] => [
  {
    share: deferShare,
    when: 'FIRST_TIME',
    fault: { at: 'RCPT', do: 'REPLY', code: 451, text: '4.7.1 Greylisted, try again later' },
  },
  { share: bounceShare, fault: { at: 'RCPT', do: 'REPLY', code: 550, text: '5.1.1 No such user here' } },
  { share: 1 - deferShare - bounceShare, fault: { at: 'RCPT', do: 'SLOW', delayMs: thinkMs } },
];

export type SinkStyle = {
  /** No TLS, no AUTH, no faults, no thinking: for benches. */
  fast?: boolean;
};

const startOne = async (folder: string, server: DemoServer, { fast = false }: SinkStyle): Promise<RunningSink> => {
  const certificate = fast ? undefined : await makeCertificate();
  const config = {
    name: server.name,
    file: join(folder, `${server.name}.mails.jsonl`),
    ...(certificate === undefined
      ? {}
      : {
          tls: 'STARTTLS' as const,
          certificate,
          auth: { username: server.username, password: server.password },
          rules: rulesOf(server),
        }),
  };
  let running: SinkProcess = await startSinkProcess(config);
  const { port } = running;
  return {
    server,
    port,
    ca: certificate?.ca,
    pid: () => running.pid,
    kill: () => running.stop('SIGKILL'),
    start: async () => {
      running = await startSinkProcess({ ...config, port });
    },
  };
};

/** One process for each server; their records lie in `folder`. */
export const startSinks = (
  folder: string,
  servers: readonly DemoServer[],
  style: SinkStyle = {},
): Promise<RunningSink[]> => Promise.all(servers.map((server) => startOne(folder, server, style)));

/** Every mail that the servers wrote down. */
export const readReceived = (folder: string): ReceivedMail[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.mails.jsonl'))
    .flatMap((name) => readMailLog(join(folder, name)));
