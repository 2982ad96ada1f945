/** For the specs of this lib: a server at the fake of the API, and what a result looks like in one line. */
import type { SendResult } from '@sendpool/contracts';
import { startSesFake, type SesFake, type SesFakeOptions } from '@sendpool/testing';
import type { SesTimeouts } from './exchange.ts';
import type { SesServer } from './server.ts';
import { createSesTransport } from './transport.ts';

export const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
export const envelope = { from: 'news@example.com', to: 'ann@example.org' };
export const mail = 'From: news@example.com\r\nTo: ann@example.org\r\nSubject: Hi\r\n\r\nHello \u00e4\r\n.a dot\r\n';
/** Long enough for a busy machine; rows that wait for a time-out have their own. */
export const patient: SesTimeouts = { connect: 10_000, answer: 10_000 };

export const serverAt = (port: number, change: Partial<SesServer> = {}): SesServer => ({
  id: 's1',
  revision: 1,
  host: '127.0.0.1',
  port,
  tls: 'NONE',
  username: credentials.accessKeyId,
  password: credentials.secretAccessKey,
  caCertificate: null,
  ses: { region: 'eu-west-1', configurationSet: 'news' },
  ...change,
});

/** The first message over a fresh transport. */
export const sendOnce = async (server: SesServer, timeouts: Partial<SesTimeouts> = patient): Promise<SendResult> => {
  const connection = await createSesTransport({ timeouts, probeMs: 10_000 }).open(server);
  try {
    return await connection.send(envelope, mail);
  } finally {
    await connection.close();
  }
};

export const withFake = async (options: SesFakeOptions, check: (fake: SesFake) => Promise<void>): Promise<void> => {
  const fake = await startSesFake({ credentials, ...options });
  try {
    await check(fake);
  } finally {
    await fake.stop();
  }
};

/** The part of a result that a row of the table fixes. */
export const shapeOf = (result: SendResult): string => {
  if (result.kind === 'SERVER_FAILURE') return `SERVER_FAILURE ${result.stage} ${result.failure}`;
  if (result.kind === 'DEFERRED' || result.kind === 'BOUNCED')
    return `${result.kind} ${result.stage} ${result.bounceClass} ${result.reason}`;
  return result.kind;
};
