import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { defaultTimeouts } from './server.ts';
import { createTransactions } from './transaction.ts';
import { createWire } from './wire.ts';

const mail = { from: 'a@example.test', to: 'b@example.test', content: 'Subject: x\r\n\r\ntext\r\n' };

test('a server that wants content although it refused the recipient gets an empty end, and then the next mail', async () => {
  const said: string[] = [];
  const answers = [
    '250 ok',
    '550 5.1.1 no',
    '354 go on',
    '554 no recipients',
    '250 ok',
    '250 ok',
    '354 go',
    '250 kept',
  ];
  const listener = createServer((socket) => {
    let inContent = false;
    createInterface(socket).on('line', (line) => {
      said.push(line);
      if (inContent && line !== '.') return;
      inContent = line === 'DATA';
      socket.write(`${answers.shift() ?? '500 too much'}\r\n`);
    });
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const socket: Socket = connect((listener.address() as { port: number }).port, '127.0.0.1');
  const transactions = createTransactions(createWire(socket, true), {
    ...defaultTimeouts,
    command: 500,
    afterDot: 500,
  });
  const first = await transactions.run(mail);
  assert.deepEqual([first.kind, first.kind === 'REFUSED' && first.stage], ['REFUSED', 'RCPT']);
  assert.equal((await transactions.run(mail)).kind, 'ACCEPTED');
  assert.deepEqual(said.slice(2, 4), ['DATA', '.']);
  socket.destroy();
  listener.close();
});
