/** For specs on a real broker: processes of a log whose connections go over a link, and a member that is a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createLink, type Peer } from '../conformance/index.ts';
import { createKafkaEventLog, type KafkaEventLogOptions } from './event-log.ts';
import type { MemberLine, MemberOptions } from './testing-member.ts';

export const urlOf = (address: string): string => `kafka://${address}?replication=1&minInsync=1`;

export type KafkaPeer = Peer & AsyncDisposable;

export const connectPeer = async (address: string, options: Partial<KafkaEventLogOptions> = {}): Promise<KafkaPeer> => {
  const [host = '', port = ''] = address.split(':');
  const link = await createLink({ host, port: Number(port) });
  const log = await createKafkaEventLog({
    url: urlOf(address),
    applicationName: 'spec',
    route: () => ({ host: '127.0.0.1', port: link.port }),
    onWarning: () => undefined,
    ...options,
  });
  const close = async (): Promise<void> => {
    link.restore();
    await log.close();
    await link.close();
  };
  // A read that waits at the broker is the signal; its connection goes silent.
  const loseSignals = async (topic: string): Promise<void> => link.loseAnswerTo(topic);
  return { log, link, loseSignals, close, [Symbol.asyncDispose]: close };
};

export type MemberProcess = { lines: MemberLine[]; child: ChildProcess; ended: Promise<void> } & AsyncDisposable;

/** Disposing kills it. */
export const startMember = (options: MemberOptions): MemberProcess => {
  const program = fileURLToPath(new URL('testing-member.ts', import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: MemberLine[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as MemberLine));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { lines, child, ended, [Symbol.asyncDispose]: dispose };
};
