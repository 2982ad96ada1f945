import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Actor } from '@sendpool/contracts';
import { sleep } from '@sendpool/kernel';
import type { ImportCounts } from '../../domain/contact-import.ts';
import type { RowError } from '../../domain/contact-row.ts';
import { createImportContacts } from '../../domain/import-contacts.ts';
import { rules } from '../../domain/testing.ts';
import { createAudienceStore } from '../../store/audience.store.ts';
import { createContactImportStore } from '../../store/contact-import.store.ts';
import { makeAudience, schedulerDatabase, type TestDatabase } from '../../store/testing.ts';
import { createUploadRoute } from './upload-contacts.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('POST /audiences/{id}/contacts', () => {
  let database: TestDatabase;
  let server: Server;
  let port: number;
  let actor: Actor | undefined;
  before(async () => {
    database = await schedulerDatabase();
    const imports = createContactImportStore(database);
    const route = createUploadRoute({
      importContacts: createImportContacts({ imports, parseAddress: rules.parseAddress, now: Date.now }),
      actorOf: () => actor,
      log: quiet,
      silentMs: 1200,
    });
    server = createServer((req, res) => void Promise.resolve(route.handle(req, res)).catch(() => res.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await database[Symbol.asyncDispose]();
  });

  const post = async (id: string, body: string | Buffer, headers: Record<string, string> = {}) => {
    actor ??= { keyId: 'k', role: 'OPERATOR', requestId: 'r' };
    const answer = await fetch(`http://127.0.0.1:${port}/audiences/${id}/contacts`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', ...headers },
      body,
    });
    const read = (await answer.json()) as ImportCounts & { importId: string; errors: RowError[]; error?: string };
    return { status: answer.status, connection: answer.headers.get('connection'), body: read };
  };

  it('takes 20,000 rows in a few seconds, reports the bad ones, and takes the same file again without doubles', async () => {
    const id = await makeAudience(database, 0);
    const lines = Array.from({ length: 20_000 }, (_, n) =>
      n % 1000 === 7 ? `bad ${n},x` : `u${n}@example.com,"Ann, ${n}"`,
    );
    const file = `\u{feff}email,name\r\n${lines.join('\r\n')}\r\n`;
    const began = performance.now();
    const { status, body } = await post(id, file);
    assert.ok(performance.now() - began < 10_000);
    assert.deepEqual(
      [status, body.imported, body.rejected, body.errors[0]],
      [200, 19_980, 20, { row: 9, column: 'email', message: 'this is not one e-mail address' }],
    );
    const again = await post(id, file);
    assert.deepEqual([again.body.imported, again.body.updated, again.body.unchanged], [0, 0, 19_980]);
    assert.equal((await createAudienceStore(database).find(id))?.contactCount, 19_980);
  });

  it('reports a row of bytes that are not UTF-8', async () => {
    const id = await makeAudience(database, 0);
    const file = Buffer.concat([
      Buffer.from('email,name\na@example.com,'),
      Buffer.from([0xe9]),
      Buffer.from('\nb@example.com,x\n'),
    ]);
    const { body } = await post(id, file);
    assert.deepEqual(
      [body.imported, body.errors],
      [1, [{ row: 2, column: 'name', message: 'the value is not UTF-8' }]],
    );
  });

  it('refuses strangers, readers, other content, and audiences that are not there', async () => {
    const id = await makeAudience(database, 0);
    actor = { keyId: 'k', role: 'READER', requestId: 'r' };
    assert.equal((await post(id, 'email\n')).status, 403);
    actor = { keyId: 'k', role: 'OPERATOR', requestId: 'r' };
    assert.equal((await post(id, '{}', { 'content-type': 'application/json' })).status, 415);
    assert.equal((await post('01900000-0000-7000-8000-000000000001', 'email\n')).status, 404);
    assert.equal((await post('nonsense', 'email\n')).status, 404);
    const { status, body } = await post(id, 'name\nx\n');
    assert.deepEqual([status, /"email"/.test(body.error ?? '')], [400, true]);
  });

  it('keeps the connection of a refused upload, so that the gateway sees the refusal while it still sends', async () => {
    for (const id of ['nonsense', await makeAudience(database, 0)]) {
      const { connection, status } = await post(id, 'name\nx\n');
      assert.deepEqual([status >= 400, connection], [true, 'keep-alive']);
    }
  });

  it('keeps what was stored when the client goes away in the middle', async () => {
    const id = await makeAudience(database, 0);
    const rows = Array.from({ length: 6000 }, (_, n) => `v${n}@example.com\n`).join('');
    const upload = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: `/audiences/${id}/contacts`,
      headers: { 'content-type': 'text/csv' },
    });
    upload.on('error', () => undefined);
    upload.write(`email\n${rows}`);
    const stored = async () => (await createAudienceStore(database).find(id))?.contactCount ?? 0;
    while ((await stored()) < 4000) await new Promise((resolve) => setTimeout(resolve, 10));
    upload.destroy();
    const { body } = await post(id, `email\n${rows}`);
    assert.equal(body.imported + body.unchanged, 6000);
    assert.equal(await stored(), 6000);
  });

  it('ends an upload that sends nothing for so long, and leaves one that is slow alone', async () => {
    actor = { keyId: 'k', role: 'OPERATOR', requestId: 'r' };
    const id = await makeAudience(database, 0);
    const open = () => {
      const path = `/audiences/${id}/contacts`;
      const headers = { 'content-type': 'text/csv' };
      return request({ port, host: '127.0.0.1', method: 'POST', path, headers });
    };
    const [silent, slow] = [open(), open()];
    const ended = once(silent, 'error');
    const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
    silent.write('email\nsilent@example.com\n');
    slow.write('email\n');
    for (let n = 0; n < 8; n++) {
      await sleep(300);
      slow.write(`slow${n}@example.com\n`);
    }
    slow.end();
    const [answer] = await answered;
    assert.equal(answer.resume().statusCode, 200);
    assert.notEqual(await Promise.race([ended, sleep(1000).then(() => 'late')]), 'late');
  });

  it('takes four uploads of a key and eight of all at once, refuses the next in words, and takes it when one ends', async () => {
    const id = await makeAudience(database, 0);
    const open = async (keyId: string) => {
      actor = { keyId, role: 'OPERATOR', requestId: 'r' };
      const path = `/audiences/${id}/contacts`;
      const headers = { 'content-type': 'text/csv' };
      const came = once(server, 'request');
      const sending = request({ port, host: '127.0.0.1', method: 'POST', path, headers });
      sending.on('error', () => undefined).write('email\n');
      await came;
      return sending;
    };
    const held = [];
    for (let n = 0; n < 4; n++) held.push(await open('a'));
    const fifth = await post(id, 'email\n');
    assert.deepEqual([fifth.status, /4 uploads of this key/.test(fifth.body.error ?? '')], [429, true]);
    for (let n = 0; n < 4; n++) held.push(await open('b'));
    actor = { keyId: 'c', role: 'OPERATOR', requestId: 'r' };
    const ninth = await post(id, 'email\n');
    assert.deepEqual([ninth.status, /too many uploads/.test(ninth.body.error ?? '')], [503, true]);
    held[0]!.destroy();
    for (let tries = 0; (await post(id, 'email\n')).status === 503; tries++) {
      assert.ok(tries < 40);
      await sleep(20);
    }
    for (const sending of held) sending.destroy();
  });
});
