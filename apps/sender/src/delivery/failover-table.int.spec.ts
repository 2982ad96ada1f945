/** What each failure at each stage means, as a table: where the message ends, and what the breaker of the server makes of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SendingServerConfig } from '@sendpool/contracts';
import { openConnection } from '@sendpool/smtp';
import { poolRecord, makeCertificate, startSink, type Fault, type Sink, type SinkOptions } from '@sendpool/testing';
import { createHarness, messageFor, serverAt, type Harness } from './harness.fixture.ts';

/** MOVED: the other server takes the same message at once. What else: the outcome. */
type End = 'MOVED' | 'DEFERRED' | 'BOUNCED' | 'UNKNOWN';
/** FAILS: counts, five in a row open it. RESTS: it asked to go slower. WELL: says nothing against the server. */
type Standing = 'FAILS' | 'RESTS' | 'WELL';

type Case = readonly [what: string, fault: Fault | SinkOptions, end: End, standing: Standing];

const replies = (at: Fault['at'], code: number, text: string): Fault => ({ at, do: 'REPLY', code, text });
const silent = (at: 'GREETING' | 'EHLO' | 'MAIL' | 'RCPT' | 'DATA'): Case[] => [
  [`${at}: closed`, { at, do: 'CLOSE' }, 'MOVED', 'FAILS'],
  [`${at}: reset`, { at, do: 'RESET' }, 'MOVED', 'FAILS'],
  [`${at}: no answer`, { at, do: 'HANG' }, 'MOVED', 'FAILS'],
];

const table: readonly Case[] = [
  ...silent('GREETING'),
  ['GREETING: 554', replies('GREETING', 554, 'no'), 'MOVED', 'FAILS'],
  ['GREETING: 421', replies('GREETING', 421, 'too many connections'), 'MOVED', 'RESTS'],
  ...silent('EHLO'),
  ['EHLO: 550', replies('EHLO', 550, 'no'), 'MOVED', 'FAILS'],
  ['EHLO: 421', replies('EHLO', 421, 'busy'), 'MOVED', 'RESTS'],
  ...silent('MAIL'),
  ['MAIL: 421', replies('MAIL', 421, '4.7.0 slow down'), 'MOVED', 'RESTS'],
  ['MAIL: 451', replies('MAIL', 451, '4.3.0 local error'), 'MOVED', 'RESTS'],
  ['MAIL: 550', replies('MAIL', 550, '5.7.1 sender refused'), 'MOVED', 'FAILS'],
  ...silent('RCPT'),
  ['RCPT: 451 greylisting', replies('RCPT', 451, '4.7.1 greylisted, come back'), 'DEFERRED', 'WELL'],
  ['RCPT: 550 no such user', replies('RCPT', 550, '5.1.1 no such user'), 'BOUNCED', 'WELL'],
  ...silent('DATA'),
  ['END_OF_DATA: 451', replies('END_OF_DATA', 451, '4.2.2 mailbox full'), 'DEFERRED', 'WELL'],
  [
    'END_OF_DATA: 454 throttled',
    replies('END_OF_DATA', 454, 'Throttling failure: Maximum sending rate exceeded'),
    'MOVED',
    'RESTS',
  ],
  ['END_OF_DATA: 554', replies('END_OF_DATA', 554, '5.7.1 content refused'), 'BOUNCED', 'WELL'],
  ['END_OF_DATA: closed after the dot', { at: 'END_OF_DATA', do: 'CLOSE_AFTER_DOT' }, 'UNKNOWN', 'WELL'],
  ['END_OF_DATA: reset after the dot', { at: 'END_OF_DATA', do: 'RESET_AFTER_DOT' }, 'UNKNOWN', 'WELL'],
  ['END_OF_DATA: no answer after the dot', { at: 'END_OF_DATA', do: 'HANG_AFTER_DOT' }, 'UNKNOWN', 'WELL'],
];

const isFault = (what: Fault | SinkOptions): what is Fault => 'do' in what;

type Run = Harness & { a: Sink; b: Sink; [Symbol.asyncDispose](): Promise<void> };

/** Milliseconds; a server that says nothing is given up after these. */
const short = { connect: 300, greeting: 300, command: 300, afterDot: 500 };

/** Server `a` has the fault, `b` is well. */
const setUp = async (
  options: SinkOptions,
  change: Partial<SendingServerConfig> = {},
  password?: string,
): Promise<Run> => {
  const harness = createHarness({ open: (server) => openConnection(server, { timeouts: short }) });
  const [a, b] = [await startSink(options), await startSink()];
  harness.server(serverAt(a.port, { id: 'a', ...change }), password);
  harness.server(serverAt(b.port, { id: 'b' }));
  harness.dispatcher.settings.pool(poolRecord({ a: 1, b: 1 }));
  const tearDown = async (): Promise<void> => {
    await harness[Symbol.asyncDispose]();
    for (const sink of [a, b]) await sink.stop();
  };
  return { ...harness, a, b, [Symbol.asyncDispose]: tearDown };
};

/** One message that was given to `a`. */
const sendOne = async (run: Run, recipient: number): Promise<void> => {
  run.dispatcher.offer(messageFor(recipient, { serverHint: 'a' }));
  await run.untilEnded(recipient + 1);
};

const endOf = (run: Run, recipient: number): string => {
  const [report] = run.keeper.finished.get(recipient) ?? [];
  if (report === undefined) return 'GIVEN_BACK';
  return report.outcome === 'ACCEPTED' && report.hops.some(({ serverId }) => serverId === 'a')
    ? 'MOVED'
    : report.outcome;
};

const breakerOf = (run: Run): string | undefined =>
  run.dispatcher.status().find(({ serverId }) => serverId === 'a')?.breaker;

/** Never more than one copy, and one at least unless it was refused. */
const copiesOf = ({ a, b }: Run, recipient: number): number =>
  [...a.received, ...b.received].filter(({ to }) => to === messageFor(recipient).request.email).length;

const failuresThatOpen = 5;

describe('the failover table', { concurrency: 8 }, () => {
  for (const [what, fault, end, standing] of table)
    it(`${what}: ${end}; the server ${standing.toLowerCase()}`, async () => {
      await using run = await setUp(isFault(fault) ? { behave: () => fault } : fault);
      const count = standing === 'FAILS' ? failuresThatOpen : 1;
      for (let recipient = 0; recipient < count; recipient += 1) {
        await sendOne(run, recipient);
        assert.equal(endOf(run, recipient), end);
        assert.ok(copiesOf(run, recipient) <= 1, 'there are two copies');
        if (end === 'MOVED') assert.equal(copiesOf(run, recipient), 1);
      }
      assert.equal(breakerOf(run), standing === 'FAILS' ? 'OPEN' : 'CLOSED');
    });

  it('CONNECT: refused: MOVED; the server fails', async () => {
    await using run = await setUp({});
    await run.a.stop();
    for (let recipient = 0; recipient < failuresThatOpen; recipient += 1) {
      await sendOne(run, recipient);
      assert.equal(endOf(run, recipient), 'MOVED');
    }
    assert.equal(breakerOf(run), 'OPEN');
  });

  const tlsCases: readonly (readonly [string, SinkOptions, Partial<SendingServerConfig>])[] = [
    ['TLS: not offered though it is required', {}, { tls: 'REQUIRED' }],
    ['TLS: a certificate that nobody has signed', { tls: 'STARTTLS' }, { tls: 'REQUIRED' }],
    ['TLS: the handshake is cut', { tls: 'STARTTLS', behave: () => ({ at: 'TLS', do: 'CLOSE' }) }, { tls: 'REQUIRED' }],
    ['TLS: plain text where TLS is expected', {}, { tls: 'IMPLICIT' }],
  ];
  for (const [what, options, change] of tlsCases)
    it(`${what}: MOVED; the server fails, and nothing went there in the clear`, async () => {
      await using run = await setUp(options, change);
      for (let recipient = 0; recipient < failuresThatOpen; recipient += 1) {
        await sendOne(run, recipient);
        assert.equal(endOf(run, recipient), 'MOVED');
      }
      assert.equal(run.a.received.length, 0);
      assert.equal(breakerOf(run), 'OPEN');
    });

  it('AUTH: a password that is refused: MOVED; the server fails', async () => {
    const certificate = await makeCertificate();
    const options: SinkOptions = { tls: 'STARTTLS', certificate, auth: { username: 'user', password: 'right' } };
    const change = { tls: 'REQUIRED', username: 'user', caCertificate: certificate.ca } as const;
    await using run = await setUp(options, change, 'wrong');
    for (let recipient = 0; recipient < failuresThatOpen; recipient += 1) {
      await sendOne(run, recipient);
      assert.equal(endOf(run, recipient), 'MOVED');
    }
    assert.equal(run.keeper.finished.get(0)?.[0]?.hops[0]?.stage, 'AUTH');
    assert.equal(breakerOf(run), 'OPEN');
    assert.doesNotMatch(JSON.stringify(run.dispatcher.status()), /wrong/);
  });
});
