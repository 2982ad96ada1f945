/** The reference beside every figure: Postfix's smtp-source to the same SMTP server, 20 sessions, many messages a connection. */
import { spawn, spawnSync } from 'node:child_process';

export type Reference = { messagesPerSecond: number } | { skipped: string };

export const referenceRecipient = 'b@example.test';

const isInstalled = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Sends `messages` mails of 5,000 bytes to 127.0.0.1:`port`. Says why when it cannot run. */
export const runReference = async (port: number, messages: number): Promise<Reference> => {
  if (!isInstalled('smtp-source')) return { skipped: 'smtp-source is not installed (Debian package postfix)' };
  const args = [
    '-d',
    '-s',
    '20',
    '-m',
    String(messages),
    '-l',
    '5000',
    '-f',
    'a@example.test',
    '-t',
    referenceRecipient,
    `127.0.0.1:${port}`,
  ];
  const began = performance.now();
  const code = await new Promise<number | null>((resolve) =>
    spawn('smtp-source', args, { stdio: 'ignore' }).once('exit', resolve),
  );
  if (code !== 0) return { skipped: `smtp-source ended with ${code}` };
  return { messagesPerSecond: messages / ((performance.now() - began) / 1000) };
};
