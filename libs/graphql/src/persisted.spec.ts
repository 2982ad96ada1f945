import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createResolveDocument, readManifest } from './persisted.ts';

const documents = readManifest(JSON.stringify({ aa: '{ pools { id } }', 'sha256:bb': 'query B { lag }' }));
const free = createResolveDocument({ documents, only: false });
const closed = createResolveDocument({ documents, only: true });
const codeOf = (resolved: ReturnType<typeof free>): unknown =>
  resolved.ok ? undefined : resolved.error.extensions['code'];

const withoutExtensions = (body: object): object =>
  Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'extensions'));

describe('a document of the manifest', () => {
  it('is run by its id, however it is named', () => {
    for (const named of [
      { documentId: 'aa' },
      { documentId: 'sha256:aa' },
      { extensions: { persistedQuery: { version: 1, sha256Hash: 'aa' } } },
      { query: '', documentId: 'aa' },
      { query: null, documentId: 'aa' },
    ])
      for (const resolve of [free, closed])
        assert.deepEqual(resolve({ ...named, variables: { a: 1 } }), {
          ok: true,
          body: { ...withoutExtensions(named), variables: { a: 1 }, query: '{ pools { id } }' },
        });
    assert.equal(free({ documentId: 'bb' }).ok, true);
  });

  it('is not found by an id that is not in it, nor by the name of something that objects have', () => {
    for (const documentId of ['cc', 'constructor', '__proto__', 'toString'])
      assert.equal(codeOf(free({ documentId })), 'PERSISTED_QUERY_NOT_FOUND', documentId);
  });

  it('leaves other documents free, unless only those of the manifest are allowed', () => {
    const body = { query: '{ pools { id } }', documentId: 'bb' };
    assert.deepEqual(free(body), { ok: true, body });
    assert.equal(codeOf(closed(body)), 'PERSISTED_QUERY_ONLY');
    assert.equal(codeOf(closed({ query: { toString: 1 } })), 'PERSISTED_QUERY_ONLY');
  });

  it('leaves what is no request to those who judge it', () => {
    for (const body of [null, 1, 'text', [{ documentId: 'aa' }]])
      for (const resolve of [free, closed]) assert.deepEqual(resolve(body), { ok: true, body });
  });

  it('is missing, and so is a text, in a request that has neither', () => {
    for (const body of [{}, { query: '' }, { documentId: 7 }, { extensions: { persistedQuery: 'aa' } }])
      for (const resolve of [free, closed]) {
        const resolved = resolve(body);
        assert.ok(!resolved.ok && resolved.error.extensions['code'] === 'BAD_REQUEST');
        assert.equal(resolved.error.message, '`query` is missing (or `documentId`)');
      }
  });
});

describe('a manifest', () => {
  it('is refused when it is none, with the first document that cannot be read', () => {
    for (const text of ['', '[]', 'null', '"a"']) assert.throws(() => readManifest(text), /no JSON object/, text);
    assert.throws(() => readManifest('{"aa": "{ a }", "bb": "{ a"}'), /document bb of the manifest: Syntax Error/);
    assert.throws(() => readManifest('{"aa": 5}'), /document aa of the manifest: it is no text/);
  });
});
