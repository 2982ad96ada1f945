import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCertificate } from './certificate.ts';
import { readCutMails, readMailLog, startSinkProcess, type SinkConfig, type SinkProcess } from './sink-process.ts';

const withProcess = async (config: SinkConfig, work: (sink: SinkProcess, file: string) => Promise<void>) => {
  const directory = await mkdtemp(join(tmpdir(), 'sink-'));
  const file = join(directory, 'mails.jsonl');
  const sink = await startSinkProcess({ ...config, file });
  try {
    await work(sink, file);
  } finally {
    await sink.stop('SIGKILL');
    await rm(directory, { recursive: true });
  }
};

/** Says everything at once and collects the replies until they are enough or the connection ends. */
const say = (port: number, text: string, isEnough: (heard: string) => boolean): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (isEnough(heard)) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(heard));
  });

const isFinished = (heard: string): boolean => heard.includes('\r\n221 ');

const mails = (count: number): string =>
  Array.from(
    { length: count },
    (_unused, at) => `MAIL FROM:<a@x.test>\r\nRCPT TO:<u${at}@y.test>\r\nDATA\r\nMessage-ID: <${at}@x>\r\n\r\n.\r\n`,
  ).join('');

test('every mail that was acknowledged is in the file, even when the process is killed at once', async () => {
  await withProcess({ name: 'beta' }, async (sink, file) => {
    const heard = await say(sink.port, `EHLO me\r\n${mails(40)}`, (text) => text.split('queued').length > 25);
    await sink.stop('SIGKILL');
    const acknowledged = heard.match(/queued/g)?.length ?? 0;
    const kept = readMailLog(file);
    assert.ok(acknowledged >= 25 && kept.length >= acknowledged, `${acknowledged} acknowledged, ${kept.length} kept`);
    assert.deepEqual([kept[0]?.to, kept[0]?.messageId, kept[0]?.server], ['u0@y.test', '<0@x>', 'beta']);
  });
});

test('rules can be changed while it runs, and SIGTERM ends it', async () => {
  await withProcess(
    { rules: [{ fault: { at: 'RCPT', do: 'REPLY', code: 550, text: '5.1.1 no' } }] },
    async (sink, file) => {
      assert.match(await say(sink.port, `EHLO me\r\n${mails(1)}QUIT\r\n`, isFinished), /550 5\.1\.1 no/);
      await sink.setRules([]);
      assert.match(await say(sink.port, `EHLO me\r\n${mails(1)}QUIT\r\n`, isFinished), /queued/);
      await sink.stop();
      assert.equal(readMailLog(file).length, 1);
    },
  );
});

test('a mail that is cut in the middle of its content stands in the file, apart from those received', async () => {
  const rules = [{ fault: { at: 'CONTENT', do: 'CLOSE' } as const }];
  await withProcess({ rules }, async (sink, file) => {
    await say(sink.port, `EHLO me\r\n${mails(1)}QUIT\r\n`, isFinished);
    await sink.stop();
    assert.deepEqual([readMailLog(file).length, readCutMails(file).map(({ to }) => to)], [0, ['u0@y.test']]);
  });
});

test('a certificate that is handed in is kept', async () => {
  const certificate = await makeCertificate();
  await withProcess({ tls: 'STARTTLS', certificate }, async (sink) => {
    assert.equal(sink.ca, certificate.ca);
  });
});

test('a port that is taken is said in one line, without a trace of the stack', async () => {
  await withProcess({}, async ({ port }) => {
    const second = spawnSync(process.execPath, [join(import.meta.dirname, 'sink-main.ts'), JSON.stringify({ port })]);
    const said = `port ${port} is taken: end the sink that has it, or give another port\n`;
    assert.deepEqual([second.status, second.stderr.toString()], [1, said]);
  });
});
