import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { test } from 'node:test';
import type { Behaviour } from './faults.ts';
import { startSink, type SinkOptions, type Sink } from './sink.ts';

const nothing = (): void => undefined;
const closeAfterDot: Behaviour = () => ({ at: 'END_OF_DATA', do: 'CLOSE_AFTER_DOT' });

/** A client that says lines and waits for the last line of each reply. */
const talk = (socket: Socket) => {
  let buffered = '';
  let wake = nothing;
  socket.on('data', (chunk: Buffer) => {
    buffered += chunk.toString('latin1');
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => wake());
  const read = async (): Promise<string> => {
    for (;;) {
      const match = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(buffered);
      if (match !== null) {
        buffered = buffered.slice(match[0].length);
        return match[0];
      }
      if (socket.destroyed || socket.readableEnded) return 'CLOSED';
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    read,
    write: (text: string) => socket.write(text, 'latin1'),
    async say(text: string): Promise<string> {
      socket.write(`${text}\r\n`, 'latin1');
      return read();
    },
  };
};

const withSink = async (
  options: SinkOptions,
  work: (sink: Sink, client: ReturnType<typeof talk>, socket: Socket) => Promise<void>,
) => {
  const sink = await startSink(options);
  const socket = connect(sink.port, '127.0.0.1');
  try {
    await work(sink, talk(socket), socket);
  } finally {
    socket.destroy();
    await sink.stop();
  }
};

test('a pipelined mail that arrives byte by byte is kept whole, without its stuffed dots', async () => {
  await withSink({ keepData: true, name: 'alpha' }, async (sink, client, socket) => {
    await client.read();
    assert.match(await client.say('EHLO me'), /250-PIPELINING\r\n/);
    const wire =
      'MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\nMessage-ID: <1@x>\r\nX-Sendpool-Campaign: c1\r\n\r\n..dot\r\n.\r\r\n...\r\n.\r\n';
    for (const byte of wire) {
      socket.write(byte, 'latin1');
      await new Promise(setImmediate);
    }
    const replies = [await client.read(), await client.read(), await client.read(), await client.read()];
    assert.deepEqual(
      replies.map((reply) => reply.slice(0, 3)),
      ['250', '250', '354', '250'],
    );
    const [mail] = sink.received;
    const content = 'Message-ID: <1@x>\r\nX-Sendpool-Campaign: c1\r\n\r\n.dot\r\n\r\r\n..\r\n';
    assert.equal(mail?.data?.toString('latin1'), content);
    assert.equal(mail?.size, content.length);
    assert.deepEqual([mail?.messageId, mail?.campaign, mail?.server, mail?.to], ['<1@x>', 'c1', 'alpha', 'b@y.test']);
  });
});

test('a mail in one write is the same as a mail in pieces, and the next one follows on the same connection', async () => {
  await withSink({}, async (sink, client) => {
    await client.read();
    await client.say('EHLO me');
    const one = 'MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\nSubject: x\r\n\r\nhi\r\n.\r\n';
    client.write(one + one);
    for (let index = 0; index < 8; index += 1) assert.notEqual(await client.read(), 'CLOSED');
    assert.equal(sink.received.length, 2);
    assert.equal(sink.connections, 1);
  });
});

test('without TLS a sink that demands it refuses AUTH and MAIL', async () => {
  await withSink({ tls: 'STARTTLS', auth: { username: 'u', password: 'p' } }, async (_sink, client) => {
    await client.read();
    assert.match(await client.say('EHLO me'), /STARTTLS/);
    assert.match(await client.say('AUTH PLAIN AHUAcA=='), /^538 /);
    assert.match(await client.say('MAIL FROM:<a@x.test>'), /^530 /);
  });
});

test('after STARTTLS both AUTH mechanisms let the right password in and no other', async () => {
  const auth = { username: 'u', password: 'p' };
  await withSink({ tls: 'STARTTLS', auth }, async (sink, client, socket) => {
    await client.read();
    await client.say('EHLO me');
    assert.match(await client.say('STARTTLS'), /^220 /);
    socket.removeAllListeners('data');
    const secured = connectTls({ socket, ca: sink.certificate?.ca, host: '127.0.0.1' });
    await once(secured, 'secureConnect');
    assert.equal(secured.authorized, true);
    const safe = talk(secured);
    assert.match(await safe.say('EHLO me'), /AUTH PLAIN LOGIN/);
    assert.match(await safe.say('MAIL FROM:<a@x.test>'), /^530 5\.7\.0 Authentication/);
    assert.match(await safe.say('AUTH LOGIN'), /^334 /);
    await safe.say(Buffer.from('u').toString('base64'));
    assert.match(await safe.say(Buffer.from('wrong').toString('base64')), /^535 /);
    assert.match(await safe.say(`AUTH PLAIN ${Buffer.from('\0u\0p').toString('base64')}`), /^235 /);
    assert.match(await safe.say('MAIL FROM:<a@x.test>'), /^250 /);
  });
});

test('a promise of onMail holds back the reply to the dot', async () => {
  let release = nothing;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await withSink({ onMail: () => held }, async (_sink, client) => {
    await client.read();
    await client.say('EHLO me');
    client.write('MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n\r\n.\r\n');
    for (let index = 0; index < 3; index += 1) await client.read();
    const last = client.read();
    assert.equal(await Promise.race([last, new Promise((resolve) => setTimeout(resolve, 50, 'nothing'))]), 'nothing');
    release();
    assert.match(await last, /^250 /);
  });
});

test('the mail is kept although the connection is closed after the dot', async () => {
  await withSink({ behave: closeAfterDot }, async (sink, client) => {
    await client.read();
    await client.say('EHLO me');
    client.write('MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n\r\n.\r\n');
    for (let index = 0; index < 3; index += 1) await client.read();
    assert.equal(await client.read(), 'CLOSED');
    assert.deepEqual(
      sink.received.map(({ unanswered }) => unanswered),
      [true],
    );
  });
});

test('more connections than allowed are answered 421', async () => {
  await withSink({ maxConnections: 1 }, async (sink, client) => {
    await client.read();
    const second = connect(sink.port, '127.0.0.1');
    const other = talk(second);
    assert.match(await other.read(), /^421 /);
    assert.equal(await other.read(), 'CLOSED');
  });
});
