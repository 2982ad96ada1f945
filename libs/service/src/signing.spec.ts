import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Actor } from '@sendpool/contracts';
import { signRequest, streamedBody, verifyRequest, type SignedRequest } from './signing.ts';

const secret = 's'.repeat(32);
const actor: Actor = { keyId: 'key-1', role: 'OPERATOR', requestId: 'request-7' };
const body = Buffer.from('{"query":"{ pools { id } }"}');
const at = 1_000_000_000_000;

const signed = (change: Partial<{ actor: Actor; body: Uint8Array; secret: string }> = {}): SignedRequest => ({
  method: 'POST',
  url: '/graphql',
  headers: signRequest(
    { target: 'POST /graphql', body: change.body ?? body, actor: change.actor ?? actor },
    change.secret ?? secret,
    at,
  ),
});
const verify = (request: SignedRequest, bytes: Uint8Array = body, now: number = at): Actor | undefined =>
  verifyRequest(request, bytes, { secret, now });

describe('a signed request', () => {
  it('tells its actor', () => {
    assert.deepEqual(verify(signed()), actor);
  });

  it('is refused without a signature, or with one under another secret', () => {
    assert.equal(verify({ method: 'POST', url: '/graphql', headers: {} }), undefined);
    assert.equal(verify(signed({ secret: 'o'.repeat(32) })), undefined);
  });

  it('is refused when body, method, path, time or actor were changed', () => {
    const request = signed();
    const admin = Buffer.from(JSON.stringify({ ...actor, role: 'ADMIN' })).toString('base64url');
    assert.equal(verify(request, Buffer.from('{"query":"mutation"}')), undefined);
    assert.equal(verify({ ...request, method: 'GET' }), undefined);
    assert.equal(verify({ ...request, url: '/graphql?x' }), undefined);
    assert.equal(verify({ ...request, headers: { ...request.headers, 'x-sendpool-time': String(at + 1) } }), undefined);
    assert.equal(verify({ ...request, headers: { ...request.headers, 'x-sendpool-actor': admin } }), undefined);
  });

  it('is good for 60 seconds, and no clock may be further apart than that', () => {
    for (const [age, good] of [
      [60_000, true],
      [60_001, false],
      [-60_000, true],
      [-60_001, false],
    ] as const)
      assert.equal(verify(signed(), body, at + age) !== undefined, good, `${age} ms`);
  });

  it('is refused when its time or its actor are no such thing, even when signed', () => {
    const timeless = signRequest({ target: 'POST /graphql', body, actor }, secret, Number.NaN);
    assert.equal(verify({ method: 'POST', url: '/graphql', headers: timeless }), undefined);
    assert.equal(verify(signed({ actor: { ...actor, role: 'ROOT' as never } })), undefined);
  });

  it('takes a streamed body as empty, for its own path only', () => {
    const headers = signRequest({ target: 'POST /audiences/a/contacts', body: streamedBody, actor }, secret, at);
    assert.deepEqual(verify({ method: 'POST', url: '/audiences/a/contacts', headers }, streamedBody), actor);
    assert.equal(verify({ method: 'POST', url: '/audiences/b/contacts', headers }, streamedBody), undefined);
  });
});
