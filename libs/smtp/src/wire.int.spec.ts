import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { createWire, type Wire } from './wire.ts';

const pair = async (run: (wire: Wire, server: Socket) => Promise<void>): Promise<void> => {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const client = connect((listener.address() as { port: number }).port, '127.0.0.1');
  const [server] = (await once(listener, 'connection')) as [Socket];
  server.on('error', () => undefined);
  await run(createWire(client, true), server);
  client.destroy();
  server.destroy();
  listener.close();
};

const untilOver = async (wire: Wire): Promise<void> => {
  for (let n = 0; n < 200 && wire.isUsable(); n++) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('replies come whole and one by one, however the bytes are cut', async () => {
  await pair(async (wire, server) => {
    wire.listen();
    for (const piece of ['250-fir', 'st\r\n250 sec', 'ond\r\n354 go\r', '\n550 5.1.1 n\u00e4\n'])
      await new Promise<void>((resolve) => server.write(piece, () => setTimeout(resolve, 10)));
    assert.equal(await wire.reply(500), '250-first\n250 second');
    assert.equal(await wire.reply(500), '354 go');
    assert.equal(await wire.reply(500), '550 5.1.1 n\u00e4');
  });
});

test('a reply that nobody asked for ends the connection', async () => {
  await pair(async (wire, server) => {
    server.write('421 4.4.2 idle for too long\r\n');
    await untilOver(wire);
    assert.equal(wire.isUsable(), false);
    assert.throws(() => wire.write('MAIL'), /421 4.4.2/);
  });
});

test('a reply without an end, of one line or of many, ends the connection', async () => {
  for (const piece of ['x'.repeat(1000), '250-more\r\n'.repeat(100)]) {
    await pair(async (wire, server) => {
      wire.listen();
      const waiting = wire.reply(5000);
      const writing = setInterval(() => server.write(piece), 1);
      await assert.rejects(waiting, /without an end/);
      clearInterval(writing);
      assert.equal(wire.isUsable(), false);
    });
  }
});

test('a reply that does not come in time ends the connection', async () => {
  await pair(async (wire) => {
    wire.listen();
    await assert.rejects(wire.reply(30), /no reply within 30 ms/);
    assert.equal(wire.isUsable(), false);
  });
});
