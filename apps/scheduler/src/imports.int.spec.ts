/** Uploads through the door of the whole scheduler: watched, broken off, killed, and sent again. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createDatabase, type Database } from '@sendpool/database';
import { newId, sleep } from '@sendpool/kernel';
import { signRequest, streamedBody } from '@sendpool/service';
import type { ImportRun } from './domain/contact-import.ts';
import { createContactImportStore } from './store/contact-import.store.ts';
import { sweepImports } from './store/import-sweep.ts';
import { internalSecret, openWorld, type Client, type World } from './testing.ts';

type Import = {
  id: string;
  state: string;
  rows: number;
  imported: number;
  updated: number;
  unchanged: number;
  duplicates: number;
  rejected: number;
  failureReason: string | null;
};

const fields = 'id state rows imported updated unchanged duplicates rejected failureReason';
const actor = { keyId: 'k', role: 'OPERATOR' as const, requestId: 'r' };

const headersOf = (path: string, key?: string, type = 'text/csv') => ({
  'content-type': type,
  ...(key !== undefined && { 'idempotency-key': key }),
  ...signRequest({ target: `POST ${path}`, body: streamedBody, actor }, internalSecret),
});

const csv = (count: number): string =>
  `email,n\n${Array.from({ length: count }, (_, n) => `i${n % 9000}@example.com,${n % 9000}\n`).join('')}`;

describe('an upload', () => {
  let world: World;
  let client: Client;
  let database: Database;
  before(async () => {
    world = await openWorld({ replicas: 1, lanes: 1 });
    client = world.clients[0]!;
    database = await createDatabase({ url: world.url, schema: 'scheduler', applicationName: 'imports spec' });
  });
  after(async () => {
    await database.close();
    await world.close();
  });

  const send = async (audienceId: string, body: string | Buffer, key?: string, type?: string) => {
    const path = `/audiences/${audienceId}/contacts`;
    const headers = headersOf(path, key, type);
    const answer = await fetch(`http://127.0.0.1:${client.port}${path}`, { method: 'POST', headers, body });
    return { status: answer.status, body: (await answer.json()) as Import & { importId: string; error?: string } };
  };

  /** The client sends `body`, and stays. */
  const open = (audienceId: string, body: string, key?: string) => {
    const path = `/audiences/${audienceId}/contacts`;
    const sending = request({ port: client.port, method: 'POST', path, headers: headersOf(path, key) });
    sending.on('error', () => undefined).write(body);
    return sending;
  };

  const look = async (id: string): Promise<Import> =>
    (await client.ask(`query ($id: ID!) { contactImport(id: $id) { ${fields} } }`, { id }))['contactImport'] as Import;

  const newest = async (audienceId: string, key: string | null = null): Promise<Import | undefined> => {
    const text = `query ($id: ID!, $key: String) { audience(id: $id) { imports(idempotencyKey: $key) { nodes { ${fields} } } } }`;
    return (await client.ask(text, { id: audienceId, key }))['audience'].imports.nodes[0] as Import | undefined;
  };

  const until = async (audienceId: string, holds: (row: Import) => boolean): Promise<Import> => {
    for (let tries = 0; tries < 500; tries++) {
      const row = await newest(audienceId);
      if (row !== undefined && holds(row)) return row;
      await sleep(20);
    }
    throw new Error(`it did not come to that: ${JSON.stringify(await newest(audienceId))}`);
  };

  const contacts = async (audienceId: string): Promise<number> =>
    (await client.ask('query ($id: ID!) { audience(id: $id) { contactCount } }', { id: audienceId }))['audience']
      .contactCount as number;

  it('of 20,000 JSON lines is taken in a few seconds like the same rows of CSV, with the same numbers', async () => {
    const id = await client.makeAudience(0);
    const rows = Array.from({ length: 20_000 }, (_, n) => JSON.stringify({ email: `u${n}@example.com`, n }));
    const bad = ['{"email":"no"}', '[]', 'x'.repeat(2_000_000), '{"email":"a@example.com","n":{}}', ''];
    const began = performance.now();
    const file = `\u{feff}${bad.join('\n')}\r\n${rows.join('\n')}`;
    const { status, body } = await send(id, file, undefined, 'application/x-ndjson');
    assert.ok(performance.now() - began < 10_000);
    assert.deepEqual([status, body.rows, body.imported, body.rejected], [200, 20_004, 20_000, 4]);
    assert.deepEqual(await newest(id), await look(body.importId));
    const again = await send(id, `email,n\n${rows.map((_, n) => `u${n}@example.com,${n}\n`).join('')}`);
    assert.deepEqual([again.body.imported, again.body.unchanged], [0, 20_000]);
  });

  it('is found by its key while it runs, and one with the same key at the same time is refused', async () => {
    const id = await client.makeAudience(0);
    const sending = open(id, csv(5000), 'night 1');
    await until(id, ({ rows }) => rows >= 4000);
    const running = await newest(id, 'night 1');
    assert.equal(running?.state, 'RUNNING');
    assert.equal(await newest(id, 'night 2'), undefined);
    const other = await send(id, csv(5000), 'night 1');
    assert.deepEqual([other.status, /running/.test(other.body.error ?? '')], [409, true]);
    sending.destroy();
    const failed = await until(id, ({ state }) => state === 'FAILED');
    assert.deepEqual([failed.failureReason, failed.rows, await contacts(id)], ['the upload broke off', 4000, 4000]);
  });

  it('that broke off goes on with its key, and comes to the numbers of one that did not', async () => {
    const [whole, broken] = [await client.makeAudience(0), await client.makeAudience(0)];
    const expected = await send(whole, csv(12_000));
    const sending = open(broken, csv(12_000).slice(0, 120_000), 'k');
    await until(broken, ({ rows }) => rows >= 4000);
    sending.destroy();
    await until(broken, ({ state }) => state === 'FAILED');
    const { body } = await send(broken, csv(12_000), 'k');
    const { importId: _, ...numbers } = body;
    assert.deepEqual({ importId: _, ...numbers }, { ...expected.body, importId: _ });
    assert.deepEqual([numbers.imported, numbers.duplicates, await contacts(broken)], [9000, 3000, 9000]);
    const repeated = await send(broken, csv(12_000), 'k');
    assert.deepEqual(repeated.body, body);
    assert.equal((await send(broken, csv(11_999), 'k')).status, 409);
    assert.equal((await newest(broken))?.state, 'DONE');
  });

  it('whose process was killed is found to be abandoned, goes on with its key, and its old hands are tied', async () => {
    const id = await client.makeAudience(0);
    const store = createContactImportStore(database);
    const begun = await store.begin({ id: newId(), audienceId: id, actor: 'k', idempotencyKey: 'killed' });
    assert.ok(begun.ok);
    const { run } = begun.value;
    const chunk = { contacts: [], duplicates: 0, errors: [], rows: 0, digest: '' };
    await sweepImports(database.sql, new AbortController().signal);
    assert.equal((await newest(id))?.state, 'RUNNING');
    await database.sql.query(`update contact_import set touched_at = now() - interval '121 seconds' where id = $1`, [
      begun.value.record.id,
    ]);
    await sweepImports(database.sql, new AbortController().signal);
    const failed = await newest(id);
    assert.deepEqual([failed?.state, /2 minutes/.test(failed?.failureReason ?? '')], ['FAILED', true]);
    const isTied = (act: (old: ImportRun) => Promise<unknown>) => assert.rejects(act(run), { code: 'CONFLICT' });
    await isTied((old) => store.take(old, chunk, () => false));
    assert.equal((await send(id, csv(100), 'killed')).body.imported, 100);
    for (const act of [(old: ImportRun) => store.take(old, chunk, () => false), store.finish]) await isTied(act);
    await store.fail(run, 'too late');
    assert.equal((await newest(id))?.state, 'DONE');
  });

  it('that is no CSV is a FAILED import that says why, and its key is free for the right file', async () => {
    const id = await client.makeAudience(0);
    const { status } = await send(id, 'name\nx\n', 'mended');
    const failed = await newest(id);
    assert.deepEqual([status, failed?.state, /"email"/.test(failed?.failureReason ?? '')], [400, 'FAILED', true]);
    assert.equal((await send(id, csv(10), 'mended')).body.imported, 10);
    assert.equal((await send(id, csv(10), 'x'.repeat(101))).status, 400);
    assert.equal((await send(newId(), csv(10), 'k')).status, 404);
  });

  it('is written down for 30 days, its errors too', async () => {
    const id = await client.makeAudience(0);
    const { body } = await send(id, `email\n${'bad\n'.repeat(50)}`);
    await database.sql.query(`update contact_import set at = now() - interval '31 days' where id = $1`, [
      body.importId,
    ]);
    await sweepImports(database.sql, new AbortController().signal);
    assert.equal(await look(body.importId), null);
    const left = await database.sql.query(
      `select from contact_import_error where import not in (select number from contact_import)`,
    );
    assert.equal(left.length, 0);
  });

  it('is watched until it is DONE, by numbers that only grow', async () => {
    const id = await client.makeAudience(0);
    const sending = open(id, csv(4000));
    const { id: importId } = await until(id, ({ rows }) => rows >= 2000);
    const seen: Import[] = [];
    const text = `subscription ($id: ID!) { contactImport(id: $id) { ${fields} } }`;
    const watching = (async () => {
      for await (const row of client.subscribe(text, { id: importId })) seen.push(row['contactImport'] as Import);
    })();
    while (seen.length === 0) await sleep(10);
    sending.end('last@example.com,1\n');
    await watching;
    assert.deepEqual([seen[0]?.state, seen.at(-1)?.state, seen.at(-1)?.rows], ['RUNNING', 'DONE', 4001]);
    assert.ok(seen.every(({ rows }, index) => rows >= (seen[index - 1]?.rows ?? 0)));
  });

  it('of large rows is settled in chunks of 2 MB, long before they are 2,000', async () => {
    const id = await client.makeAudience(0);
    const rows = Array.from({ length: 300 }, (_, n) => `l${n}@example.com,${'x'.repeat(16_000)}\n`);
    const sending = open(id, `email,n\n${rows.join('')}`);
    // Before the pause in which a slow upload is settled too.
    const { rows: settled } = await Promise.race([
      until(id, (row) => row.rows > 0),
      sleep(3000).then(() => ({ rows: 0 })),
    ]);
    sending.destroy();
    assert.equal(settled % 131 === 0 && settled > 0, true, `${settled} rows`);
    await until(id, ({ state }) => state === 'FAILED');
  });

  it('that is not there cannot be watched', async () => {
    const text = 'subscription ($id: ID!) { contactImport(id: $id) { id } }';
    await assert.rejects(client.subscribe(text, { id: newId() }).next(), /no such upload/);
  });
});
