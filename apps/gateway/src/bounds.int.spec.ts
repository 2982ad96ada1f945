/** What may be asked is the same on every transport: bounds, cost, budget, documents by id, introspection. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { doors, type First } from './doors.fixture.ts';
import { keyRecord, publishKey, startScene, type Scene } from './scene.fixture.ts';

const codeOf = ({ errors }: First): unknown => errors?.[0]?.extensions['code'];
/** Each transport has a key to spend. */
const keyOf = (door: string): string => door.replaceAll(' ', '_');
const cheap = { query: '{ statsLag { counted } }' };
/** Costs 10 + 100 x 25 = 2,510. */
const dear = { query: '{ campaigns(first: 100) { nodes { recipients(first: 24) { nodes { email } } } } }' };
const tooDear = { query: '{ campaigns(first: 100) { nodes { recipients(first: 100) { nodes { email } } } } }' };
const deep = { query: `{ pools { nodes ${'{ members { server '.repeat(6)} { id } ${'} }'.repeat(6)} } }` };
const aliases = { query: `{ ${Array.from({ length: 31 }, (_, at) => `a${at}: __typename`).join(' ')} }` };
const introspection = { query: '{ __schema { queryType { name } } }' };
const misspelt = { query: '{ campaign { id } pool(id: 1) { nam } }' };

describe('the bounds of a document', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene({ RATE_LIMIT_PER_MINUTE: '10000' });
    for (const name of Object.keys(doors)) await publishKey(scene.eventLog, keyRecord(keyOf(name)));
    for (const name of Object.keys(doors)) while ((await scene.ask(cheap, keyOf(name))).status !== 200) await sleep(20);
  });
  after(() => scene.stop());

  for (const [name, ask] of Object.entries(doors)) {
    it(`hold over ${name}: depth, aliases, length, cost`, async () => {
      assert.deepEqual((await ask(scene, cheap)).data, { statsLag: { counted: '7' } });
      assert.equal(codeOf(await ask(scene, deep)), 'GRAPHQL_VALIDATION_FAILED');
      assert.equal(codeOf(await ask(scene, aliases)), 'GRAPHQL_VALIDATION_FAILED');
      assert.equal(codeOf(await ask(scene, { query: `{ __typename } ${'#\n'.repeat(70_000)}` })), 'BAD_REQUEST');
      const { errors } = await ask(scene, tooDear);
      assert.equal(errors?.[0]?.extensions['code'], 'OPERATION_TOO_COSTLY');
      assert.match(errors[0].message, /may cost 10110; at most 10000/);
    });

    it(`say over ${name} which variable is missing, and which may not be null`, async () => {
      const query = 'query ($id: ID!) { pool(id: $id) { id } }';
      for (const variables of [undefined, {}, { id: null }]) {
        const answer = await ask(scene, { query, variables });
        assert.equal(codeOf(answer), 'BAD_USER_INPUT');
        assert.match(answer.errors?.[0]?.message ?? '', /^Variable "\$id" of (required|non-null) type "ID!"/);
      }
    });

    it(`let a key pay over ${name} for the values that it sends, of whatever depth`, async () => {
      const deepValues = `${'['.repeat(1000)}${']'.repeat(1000)}`;
      const variables = { long: 'x'.repeat(500_000), deep: JSON.parse(deepValues) as unknown };
      const key = `values_${keyOf(name)}`;
      await publishKey(scene.eventLog, keyRecord(key));
      while ((await scene.ask(cheap, key)).status !== 200) await sleep(20);
      let answers = 0;
      while (answers < 10 && codeOf(await ask(scene, { ...cheap, variables }, key)) === undefined) answers += 1;
      assert.ok(answers >= 1 && answers <= 5, String(answers));
    });

    it(`tell no name of the schema that was not asked for over ${name}`, async () => {
      const { errors } = await ask(scene, misspelt);
      const text = JSON.stringify(errors);
      assert.match(text, /Cannot query field \\"nam\\"/);
      assert.doesNotMatch(text, /did you mean|\bname\b|campaigns/i);
    });

    it(`end when the key has spent its budget, over ${name}, with the time to wait`, async () => {
      let answer: First = {};
      for (let turn = 0; turn < 6 && answer.errors === undefined; turn += 1)
        answer = await ask(scene, dear, keyOf(name));
      assert.equal(codeOf(answer), 'RATE_LIMITED');
      const seconds = Number(answer.errors?.[0]?.extensions['retryAfterSeconds']);
      assert.ok(seconds >= 1 && seconds <= 60, String(seconds));
      assert.deepEqual((await ask(scene, cheap)).data, { statsLag: { counted: '7' } });
    });
  }

  it('are told in the headers of an answer on HTTP, and a spent budget is a 429 that says when to come again', async () => {
    const { headers } = await scene.ask(cheap);
    assert.equal(headers.get('ratelimit-policy'), '"cost";q=10000;w=60');
    assert.match(headers.get('ratelimit') ?? '', /^"cost";r=\d+;t=\d+$/);
    let answer = await scene.ask(dear, 'OPERATOR');
    for (let turn = 0; turn < 4; turn += 1) answer = await scene.ask(dear, 'OPERATOR');
    assert.equal(answer.status, 429);
    assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
    const metrics = await (await fetch(`${scene.origin}/metrics`)).text();
    assert.match(metrics, /graphql_requests_total\{operation="\w+",code="RATE_LIMITED",.*\} \d/);
    assert.equal((await scene.ask('no JSON at all', 'OPERATOR')).status, 400);
  });
});

const id = '01932f6e-0000-7000-8000-000000000001';

/** The scheduler of the scene knows no transfers: they end with 404, which costs the same. */
const transfers: Readonly<Record<string, (scene: Scene, key: string) => Promise<Response>>> = {
  'an upload': ({ origin }, key) =>
    fetch(`${origin}/audiences/${id}/contacts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' },
      body: 'email',
    }),
  'a download': ({ origin }, key) =>
    fetch(`${origin}/campaigns/${id}/recipients.csv`, { headers: { authorization: `Bearer ${key}` } }),
  'a download of bad rows': ({ origin }, key) =>
    fetch(`${origin}/audiences/${id}/imports/${id}/errors.csv`, { headers: { authorization: `Bearer ${key}` } }),
};

describe('the budget of a key', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene({ RATE_LIMIT_PER_MINUTE: '10000' });
  });
  after(() => scene.stop());

  for (const [at, [name, send]] of Object.entries(transfers).entries())
    it(`also pays 1,000 for ${name}, which is refused like an operation when it is spent`, async () => {
      const key = `key ${at}`.replace(' ', '_');
      await publishKey(scene.eventLog, keyRecord(key, { role: 'OPERATOR' }));
      while ((await scene.ask(cheap, key)).status === 401) await sleep(20);
      assert.match((await send(scene, key)).headers.get('ratelimit') ?? '', /^"cost";r=(89|90)\d\d;/);
      let answer = await send(scene, key);
      for (let turn = 0; turn < 9 && answer.status === 404; turn += 1) answer = await send(scene, key);
      assert.equal(answer.status, 429);
      const wait = Number(answer.headers.get('retry-after'));
      assert.ok(wait >= 1 && wait <= 7, String(wait));
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      assert.equal(error.code, 'RATE_LIMITED');
      assert.match(error.message, /^This key has spent its budget of 10000 a minute: try again in \d s/);
      assert.equal(codeOf(await scene.ask(dear, key)), 'RATE_LIMITED');
      assert.equal((await send(scene, 'ADMIN')).status, 404);
    });

  it('pays a little for a transfer that is refused', async () => {
    const answer = await fetch(`${scene.origin}/campaigns/x/recipients.csv`, {
      headers: { authorization: 'Bearer READER' },
    });
    assert.deepEqual([answer.status, answer.headers.get('ratelimit')], [404, '"cost";r=9990;t=1']);
  });
});

const byId = (id: string) => ({ documentId: id });
const byHash = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });

describe('documents by id', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sendpool-manifest-'));
  const manifest = join(folder, 'documents.json');
  let scene: Scene;
  let closed: Scene;
  before(async () => {
    writeFileSync(manifest, JSON.stringify({ aa: cheap.query, bb: tooDear.query, cc: introspection.query }));
    scene = await startScene({ PERSISTED_DOCUMENTS: manifest });
    closed = await startScene({ PERSISTED_DOCUMENTS: manifest, PERSISTED_ONLY: 'true', INTROSPECTION: 'false' });
  });
  after(async () => {
    await Promise.all([scene.stop(), closed.stop()]);
    rmSync(folder, { recursive: true });
  });

  for (const [name, ask] of Object.entries(doors)) {
    it(`are run over ${name}, under the same bounds`, async () => {
      for (const where of [scene, closed])
        for (const named of [byId, byHash])
          assert.deepEqual((await ask(where, named('aa'))).data, { statsLag: { counted: '7' } });
      assert.equal(codeOf(await ask(scene, byId('bb'))), 'OPERATION_TOO_COSTLY');
      assert.equal(codeOf(await ask(scene, byHash('unknown'))), 'PERSISTED_QUERY_NOT_FOUND');
    });

    it(`are the only ones over ${name} where it is so set`, async () => {
      assert.equal(codeOf(await ask(closed, cheap)), 'PERSISTED_QUERY_ONLY');
      assert.deepEqual((await ask(scene, cheap)).data, { statsLag: { counted: '7' } });
    });

    it(`do not open the schema over ${name} where introspection is off`, async () => {
      assert.ok((await ask(scene, introspection)).data);
      assert.equal(codeOf(await ask(closed, byId('cc'))), 'GRAPHQL_VALIDATION_FAILED');
    });
  }

  it('keep a gateway from starting when the manifest cannot be read', async () => {
    await assert.rejects(
      startScene({ PERSISTED_DOCUMENTS: join(folder, 'none.json') }),
      /PERSISTED_DOCUMENTS cannot be read/,
    );
    await assert.rejects(startScene({ PERSISTED_ONLY: 'true' }), /PERSISTED_ONLY: needs PERSISTED_DOCUMENTS/);
  });
});
