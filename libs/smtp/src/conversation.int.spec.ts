import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailConnection, SendResult } from '@sendpool/contracts';
import { startSink, type Fault, type Sink, type SinkOptions, type SinkStage } from '@sendpool/testing';
import { openConnection } from './conversation.ts';
import { SmtpFailure, type SmtpServer, type SmtpTimeouts } from './server.ts';

const timeouts: Partial<SmtpTimeouts> = { connect: 1_000, greeting: 250, command: 250, afterDot: 250, quit: 250 };
const envelope = { from: 'news@example.test', to: 'ann@example.test' };
const mail = 'Message-ID: <1@example.test>\r\nSubject: Hi\r\n\r\nHello\r\n.hidden dot\r\n';
const large = `${mail}${'0123456789'.repeat(7)}\r\n`.repeat(20_000);

const serverOf = (sink: Sink, changes: Partial<SmtpServer> = {}): SmtpServer => ({
  id: 's1',
  revision: 1,
  host: '127.0.0.1',
  port: sink.port,
  tls: 'NONE',
  username: null,
  password: null,
  caCertificate: null,
  ...changes,
});

type Attempt = { result: SendResult | SmtpFailure; sink: Sink; connection: MailConnection | null };

const attempt = async (options: SinkOptions, message: string, check: (attempt: Attempt) => Promise<void> | void) => {
  const sink = await startSink(options);
  let connection: MailConnection | null = null;
  try {
    let result: SendResult | SmtpFailure;
    try {
      connection = await openConnection(serverOf(sink), { timeouts });
      result = await connection.send(envelope, message);
    } catch (error) {
      assert.ok(error instanceof SmtpFailure, String(error));
      result = error;
    }
    await check({ result, sink, connection });
  } finally {
    await connection?.close();
    await sink.stop();
  }
};

/** The part of a result that a row of the table fixes: kind, then stage or failure. */
const shapeOf = (result: SendResult | SmtpFailure): string => {
  if (result instanceof SmtpFailure) return `OPEN ${result.stage} ${result.kind}`;
  if (result.kind === 'SERVER_FAILURE') return `SERVER_FAILURE ${result.stage} ${result.failure}`;
  if (result.kind === 'DEFERRED' || result.kind === 'BOUNCED')
    return `${result.kind} ${result.stage} ${result.bounceClass}`;
  return result.kind;
};

type Row = {
  title: string;
  fault: Fault;
  message?: string;
  expected: string | RegExp;
  kept?: number;
  pipelining?: boolean;
};

const closed = (at: SinkStage): Fault => ({ at, do: 'CLOSE' });
const replied = (at: SinkStage, code: number, text: string): Fault => ({ at, do: 'REPLY', code, text });

const rows: Row[] = [
  { title: 'closed at CONNECT', fault: closed('CONNECT'), expected: 'OPEN GREETING CONNECTION' },
  {
    title: 'reset at CONNECT',
    fault: { at: 'CONNECT', do: 'RESET' },
    expected: /^OPEN (CONNECT|GREETING) CONNECTION$/,
  },
  {
    title: 'silent instead of a greeting',
    fault: { at: 'GREETING', do: 'HANG' },
    expected: 'OPEN GREETING CONNECTION',
  },
  { title: '421 as greeting', fault: replied('GREETING', 421, '4.3.2 busy'), expected: 'OPEN GREETING THROTTLE' },
  { title: '554 as greeting', fault: replied('GREETING', 554, '5.7.1 go away'), expected: 'OPEN GREETING CONNECTION' },
  { title: 'closed at EHLO', fault: closed('EHLO'), expected: 'OPEN EHLO CONNECTION' },
  { title: 'silent at EHLO', fault: { at: 'EHLO', do: 'HANG' }, expected: 'OPEN EHLO CONNECTION' },
  { title: 'closed at MAIL', fault: closed('MAIL'), expected: 'SERVER_FAILURE MAIL CONNECTION' },
  { title: 'closed at RCPT', fault: closed('RCPT'), expected: 'SERVER_FAILURE MAIL CONNECTION' },
  { title: 'closed at DATA', fault: closed('DATA'), expected: 'SERVER_FAILURE MAIL CONNECTION' },
  { title: 'reset at DATA', fault: { at: 'DATA', do: 'RESET' }, expected: 'SERVER_FAILURE MAIL CONNECTION' },
  { title: 'silent at RCPT', fault: { at: 'RCPT', do: 'HANG' }, expected: 'SERVER_FAILURE MAIL CONNECTION' },
  { title: 'silent at DATA', fault: { at: 'DATA', do: 'HANG' }, expected: 'SERVER_FAILURE MAIL CONNECTION' },
  {
    title: 'closed in the middle of the content',
    fault: { at: 'CONTENT', do: 'CLOSE', afterBytes: 10_000 },
    message: large.repeat(5),
    expected: 'SERVER_FAILURE CONTENT CONNECTION',
  },
  {
    title: 'silent in the middle of the content',
    fault: { at: 'CONTENT', do: 'HANG', afterBytes: 10_000 },
    message: large.repeat(5),
    expected: 'SERVER_FAILURE CONTENT CONNECTION',
  },
  {
    title: '550 in the middle of the content',
    fault: replied('CONTENT', 550, '5.7.1 no'),
    message: large.repeat(5),
    expected: 'BOUNCED CONTENT BLOCK',
  },
  { title: '451 at MAIL', fault: replied('MAIL', 451, '4.3.0 later'), expected: 'SERVER_FAILURE MAIL THROTTLE' },
  { title: '421 at MAIL', fault: replied('MAIL', 421, '4.7.0 slow down'), expected: 'SERVER_FAILURE MAIL THROTTLE' },
  {
    title: '550 at MAIL',
    fault: replied('MAIL', 550, '5.7.1 not you'),
    expected: 'SERVER_FAILURE MAIL SENDER_REFUSED',
  },
  { title: '450 at RCPT', fault: replied('RCPT', 450, '4.2.0 later'), expected: 'DEFERRED RCPT SOFT' },
  { title: '550 at RCPT', fault: replied('RCPT', 550, '5.1.1 no such user'), expected: 'BOUNCED RCPT HARD' },
  { title: '421 at RCPT', fault: replied('RCPT', 421, '4.7.0 bye'), expected: /^SERVER_FAILURE (MAIL|RCPT) THROTTLE$/ },
  { title: '451 at DATA', fault: replied('DATA', 451, '4.3.0 later'), expected: 'DEFERRED DATA SOFT' },
  {
    title: '450 after the dot',
    fault: replied('END_OF_DATA', 450, '4.3.0 later'),
    expected: 'DEFERRED END_OF_DATA SOFT',
  },
  {
    title: '421 after the dot',
    fault: replied('END_OF_DATA', 421, '4.3.0 bye'),
    expected: 'SERVER_FAILURE END_OF_DATA THROTTLE',
  },
  {
    title: '454 after the dot',
    fault: replied('END_OF_DATA', 454, 'Throttling failure: Maximum sending rate exceeded'),
    expected: 'SERVER_FAILURE END_OF_DATA THROTTLE',
  },
  {
    title: '550 after the dot',
    fault: replied('END_OF_DATA', 550, '5.7.1 spam'),
    expected: 'BOUNCED END_OF_DATA BLOCK',
  },
  { title: 'closed after the dot', fault: { at: 'END_OF_DATA', do: 'CLOSE_AFTER_DOT' }, expected: 'UNKNOWN', kept: 1 },
  { title: 'reset after the dot', fault: { at: 'END_OF_DATA', do: 'RESET_AFTER_DOT' }, expected: 'UNKNOWN', kept: 1 },
  { title: 'silent after the dot', fault: { at: 'END_OF_DATA', do: 'HANG_AFTER_DOT' }, expected: 'UNKNOWN', kept: 1 },
  { title: 'closed at the dot, mail lost', fault: closed('END_OF_DATA'), expected: 'UNKNOWN' },
  { title: 'closed at QUIT', fault: closed('QUIT'), expected: 'ACCEPTED', kept: 1 },
  { title: 'slow, but within the time', fault: { at: 'RCPT', do: 'SLOW', delayMs: 60 }, expected: 'ACCEPTED', kept: 1 },
];

for (const row of rows)
  for (const pipelining of [true, false])
    test(`${row.title}${pipelining ? '' : ', without pipelining'}`, async () => {
      await attempt({ pipelining, behave: () => row.fault }, row.message ?? mail, ({ result, sink }) => {
        if (typeof row.expected === 'string') assert.equal(shapeOf(result), row.expected, JSON.stringify(result));
        else assert.match(shapeOf(result), row.expected);
        assert.equal(sink.received.length, row.kept ?? 0);
      });
    });

test('a port where nobody listens: OPEN CONNECT CONNECTION', async () => {
  const sink = await startSink();
  await sink.stop();
  await assert.rejects(openConnection(serverOf(sink), { timeouts }), {
    stage: 'CONNECT',
    kind: 'CONNECTION',
    code: null,
  });
});

for (const fault of [
  replied('MAIL', 451, '4.3.0 later'),
  replied('MAIL', 550, '5.7.1 not you'),
  replied('RCPT', 450, '4.2.0 later'),
  replied('RCPT', 550, '5.1.1 no'),
  replied('DATA', 451, '4.3.0 later'),
  replied('END_OF_DATA', 550, '5.7.1 spam'),
])
  for (const pipelining of [true, false])
    test(`after ${fault.do === 'REPLY' ? fault.code : ''} at ${fault.at} the same connection sends the next mail${pipelining ? '' : ', without pipelining'}`, async () => {
      await attempt(
        { pipelining, keepData: true, behave: ({ count }) => (count === 1 ? fault : undefined) },
        mail,
        async ({ connection, sink }) => {
          assert.equal(connection?.isUsable(), true);
          const next = await connection?.send({ ...envelope, to: 'bob@example.test' }, mail);
          assert.equal(next?.kind, 'ACCEPTED', JSON.stringify(next));
          assert.equal(sink.totalConnections, 1);
          assert.deepEqual(
            sink.received.map(({ to, data }) => [to, data?.toString('latin1')]),
            [['bob@example.test', mail]],
          );
        },
      );
    });

test('a connection that failed is not usable, and says so without touching the network', async () => {
  await attempt({ behave: () => closed('MAIL') }, mail, async ({ connection }) => {
    assert.equal(connection?.isUsable(), false);
    const again = await connection?.send(envelope, mail);
    assert.equal(again?.kind, 'SERVER_FAILURE');
  });
});

test('a server that ends an idle connection makes it unusable', async () => {
  await attempt({}, mail, async ({ connection, sink }) => {
    await sink.stop();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(connection?.isUsable(), false);
  });
});

test('closing during a conversation before the content is a failure, after the dot it is unknown', async () => {
  for (const [at, expected] of [
    ['RCPT', 'SERVER_FAILURE MAIL CONNECTION'],
    ['END_OF_DATA', 'UNKNOWN'],
  ] as const) {
    const sink = await startSink({ behave: () => ({ at, do: 'HANG' }) });
    const connection = await openConnection(serverOf(sink), {
      timeouts: { ...timeouts, command: 5_000, afterDot: 5_000 },
    });
    const sending = connection.send(envelope, mail);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await connection.close();
    assert.equal(shapeOf(await sending), expected);
    await sink.stop();
  }
});

test('an address that is not one never reaches the server', async () => {
  await attempt({}, mail, async ({ connection, sink }) => {
    for (const to of ['a@x.test, b@x.test', 'a@x.test\r\nBcc: e@x.test', 'a@x.test> SIZE=1', 'Ann <a@x.test>', '']) {
      const result = await connection?.send({ ...envelope, to }, mail);
      assert.equal(result && shapeOf(result), 'BOUNCED RCPT HARD');
    }
    const fromList = await connection?.send({ ...envelope, from: 'a@x.test,b@x.test' }, mail);
    assert.equal(fromList && shapeOf(fromList), 'SERVER_FAILURE MAIL SENDER_REFUSED');
    assert.equal(sink.received.length, 1);
    assert.equal((await connection?.send(envelope, mail))?.kind, 'ACCEPTED');
  });
});

test('many mails over one connection arrive in order, each once', async () => {
  await attempt({}, mail, async ({ connection, sink }) => {
    for (let index = 0; index < 50; index += 1)
      assert.equal((await connection?.send({ ...envelope, to: `u${index}@example.test` }, mail))?.kind, 'ACCEPTED');
    assert.equal(sink.received.length, 51);
    assert.equal(sink.totalConnections, 1);
    assert.equal(sink.received[50]?.to, 'u49@example.test');
  });
});
