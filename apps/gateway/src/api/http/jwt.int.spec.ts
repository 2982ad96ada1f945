/** Tokens against a real identity provider on HTTP: real keys, real signatures, and what attackers send. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from 'jose';
import { createKeyRing } from '../../domain/key-ring.ts';
import { createAuthenticate } from './authenticate.ts';
import { createJwks } from './jwks.ts';
import { createVerifyJwt, type VerifyJwt } from './jwt.ts';

const [issuer, audience] = ['https://id.example.com/', 'sendpool'];
const claims = { sendpool_role: 'operator' };

type Signing = { privateKey: CryptoKey; publicKey: CryptoKey; jwk: JWK; kid: string; alg: string };
const newSigning = async (kid: string, alg = 'ES256'): Promise<Signing> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, kid, alg };
};

let first: Signing;
let second: Signing;
/** What the provider answers; undefined: it does not answer at all. */
let published: { status: number; body: string } | undefined;
let fetches = 0;
const warnings: string[] = [];
/** What the log got at level debug. */
const reasons: unknown[] = [];
const noRole = 'it has no role that is known (READER, OPERATOR, ADMIN) in `sendpool_role`';
const silent = (): void => undefined;
const log = {
  debug: (...said: unknown[]) => void reasons.push(said),
  info: silent,
  error: silent,
  warn: (_: object, text: string) => void warnings.push(text),
};

const publish = (...signings: Signing[]): void => {
  published = { status: 200, body: JSON.stringify({ keys: signings.map(({ jwk }) => jwk) }) };
};

/** A good token, but for what a case changes. */
const tokenOf = (
  change: { signing?: Signing; claims?: object; set?: (token: SignJWT) => SignJWT } = {},
): Promise<string> => {
  const { privateKey, kid, alg } = change.signing ?? first;
  const token = new SignJWT({ ...claims, ...change.claims })
    .setProtectedHeader({ alg, kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('user-1')
    .setExpirationTime('5m');
  return (change.set?.(token) ?? token).sign(privateKey);
};

const secondsFromNow = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

describe('a token of the identity provider', () => {
  let provider: Server;
  let url: URL;
  const verifierWith = (change: { roleClaim?: string; cooldownMs?: number; maxAgeMs?: number } = {}): VerifyJwt => {
    const { roleClaim = 'sendpool_role', ...keep } = change;
    const keys = createJwks({ url, log, now: Date.now, ...keep });
    return createVerifyJwt({ issuer, audience, roleClaim, keys, log, now: Date.now });
  };
  const verify = async (token: string | Promise<string>) => verifierWith()(await token);

  before(async () => {
    first = await newSigning('first');
    second = await newSigning('second', 'RS256');
    provider = createServer((req, res) => {
      fetches += 1;
      if (published === undefined) return req.socket.destroy();
      return res.writeHead(published.status).end(published.body);
    });
    provider.listen(0, '127.0.0.1');
    await once(provider, 'listening');
    url = new URL(`http://127.0.0.1:${(provider.address() as AddressInfo).port}/keys`);
  });
  after(() => {
    provider.closeAllConnections();
    provider.close();
  });
  beforeEach(() => {
    publish(first, second);
    fetches = 0;
    warnings.length = 0;
    reasons.length = 0;
  });

  it('lets its subject in with the role it says, in any case, until it expires', async () => {
    const exp = secondsFromNow(100);
    const holder = await verify(tokenOf({ set: (token) => token.setExpirationTime(exp) }));
    assert.deepEqual(holder, { keyId: 'jwt:user-1', role: 'OPERATOR', expiresAt: exp * 1000 });
    assert.equal((await verify(tokenOf({ claims: { sendpool_role: 'ADMIN' } })))?.role, 'ADMIN');
    assert.equal((await verify(tokenOf({ signing: second })))?.role, 'OPERATOR');
  });

  const refused: Record<string, { change: Parameters<typeof tokenOf>[0]; reason: string }> = {
    'with another issuer': {
      change: { set: (token) => token.setIssuer('https://evil.example.com/') },
      reason: 'unexpected "iss" claim value',
    },
    'for another audience': {
      change: { set: (token) => token.setAudience('other') },
      reason: 'unexpected "aud" claim value',
    },
    'that has expired': {
      change: { set: (token) => token.setExpirationTime(secondsFromNow(-31)) },
      reason: '"exp" claim timestamp check failed',
    },
    'that is not valid yet': {
      change: { set: (token) => token.setNotBefore(secondsFromNow(40)) },
      reason: '"nbf" claim timestamp check failed',
    },
    'without a subject': { change: { set: (token) => token.setSubject('') }, reason: 'it has no subject (`sub`)' },
    'without a role': { change: { claims: { sendpool_role: undefined } }, reason: noRole },
    'with a role that is not known': { change: { claims: { sendpool_role: 'ROOT' } }, reason: noRole },
    'with a list of roles': { change: { claims: { sendpool_role: ['ADMIN'] } }, reason: noRole },
    'that is huge': { change: { claims: { filler: 'x'.repeat(9000) } }, reason: 'it has more than 8192 characters' },
  };
  for (const [name, { change, reason }] of Object.entries(refused))
    it(`${name} is refused, and the log says why at level debug, with nothing of the person`, async () => {
      assert.ok(await verify(tokenOf()));
      assert.equal(await verify(tokenOf(change)), undefined);
      assert.deepEqual(reasons, [[{}, `a token was refused: ${reason}`]]);
    });

  it('without an expiry is refused', async () => {
    const { privateKey, kid, alg } = first;
    const token = new SignJWT(claims).setProtectedHeader({ alg, kid }).setIssuer(issuer).setAudience(audience);
    assert.equal(await verify(token.setSubject('user-1').sign(privateKey)), undefined);
  });

  it('may be 30 seconds past its time, because clocks differ', async () => {
    assert.ok(await verify(tokenOf({ set: (token) => token.setExpirationTime(secondsFromNow(-25)) })));
    assert.ok(await verify(tokenOf({ set: (token) => token.setNotBefore(secondsFromNow(25)) })));
  });

  it('without a signature is refused', async () => {
    const token = new UnsecuredJWT(claims).setIssuer(issuer).setAudience(audience).setSubject('user-1');
    assert.equal(await verify(token.setExpirationTime('5m').encode()), undefined);
    const [, body] = (await tokenOf()).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid: 'first' })).toString('base64url');
    assert.equal(await verify(`${none}.${body}.`), undefined);
  });

  it('that is signed with the public key as a shared secret is refused', async () => {
    const secret = new TextEncoder().encode(await exportSPKI(second.publicKey));
    const forged = await new SignJWT({ ...claims, sendpool_role: 'ADMIN' })
      .setProtectedHeader({ alg: 'HS256', kid: 'second' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('user-1')
      .setExpirationTime('5m')
      .sign(secret);
    assert.equal(await verify(forged), undefined);
  });

  it('that brings a key of its own, or names where to find one, is refused', async () => {
    const stranger = await newSigning('first');
    const { jwk, privateKey } = stranger;
    for (const header of [{ jwk }, { jku: 'https://evil.example.com/keys' }, {}]) {
      const token = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'first', ...header });
      const signed = token.setIssuer(issuer).setAudience(audience).setSubject('user-1').setExpirationTime('5m');
      assert.equal(await verify(await signed.sign(privateKey)), undefined);
    }
  });

  it('whose claims were changed is refused', async () => {
    const [head, body, signature] = (await tokenOf()).split('.');
    const changed = { ...JSON.parse(Buffer.from(body!, 'base64url').toString()), sendpool_role: 'ADMIN' };
    assert.equal(
      await verify(`${head}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`),
      undefined,
    );
  });

  it('that is no token at all is refused', async () => {
    for (const text of ['..', 'a.b.c', '.', `${'a'.repeat(50)}.${'b'.repeat(50)}.c`, 'e30.e30.e30', '\0.\0.\0'])
      assert.equal(await verify(text), undefined, text);
  });

  it('is known by the hash of its subject where that is long or has unusual characters: no two users become one', async () => {
    const subjects = [`${'x'.repeat(120)}a`, `${'x'.repeat(120)}b`, 'ü', 'line\nbreak', 'x'.repeat(96)];
    const ids = await Promise.all(
      subjects.map(
        async (subject) => (await verify(tokenOf({ set: (token) => token.setSubject(subject) })))?.keyId ?? '',
      ),
    );
    assert.equal(new Set(ids).size, subjects.length);
    for (const id of ids) assert.match(id, /^jwt(-sha256)?:[\x21-\x7e]{1,96}$/);
  });

  it('is found valid without asking the provider again, and an unknown key asks it once in a while only', async () => {
    publish(first);
    const check = verifierWith();
    for (let turn = 0; turn < 5; turn += 1) assert.ok(await check(await tokenOf()));
    assert.equal(fetches, 1);
    const unknown = await tokenOf({ signing: { ...first, kid: 'made-up' } });
    for (let turn = 0; turn < 20; turn += 1) assert.equal(await check(unknown), undefined);
    assert.equal(fetches, 1);
  });

  it('with a new key is taken once the provider has rotated, and one with a withdrawn key is not', async () => {
    publish(first);
    const check = verifierWith({ cooldownMs: 0, maxAgeMs: 200 });
    assert.ok(await check(await tokenOf()));
    publish(second);
    assert.ok(await check(await tokenOf({ signing: second })));
    assert.equal(await check(await tokenOf()), undefined);
  });

  it('is still taken while the provider is away, which is asked now and then only', async () => {
    const check = verifierWith({ cooldownMs: 0, maxAgeMs: 0 });
    assert.ok(await check(await tokenOf()));
    for (const away of [
      undefined,
      { status: 500, body: 'no' },
      { status: 200, body: '<html>' },
      { status: 200, body: '{}' },
    ]) {
      published = away;
      assert.ok(await check(await tokenOf()));
    }
    assert.equal(fetches, 2);
    assert.deepEqual(warnings.length, 1);
    assert.ok(!warnings[0]!.includes('eyJ'));
  });

  it('is refused when the provider was never heard of', async () => {
    published = undefined;
    const check = verifierWith();
    for (let turn = 0; turn < 10; turn += 1) assert.equal(await check(await tokenOf()), undefined);
    assert.equal(fetches, 1);
  });

  it('that holds longer than there are dates ends with the last one', async () => {
    const holder = await verify(tokenOf({ set: (token) => token.setExpirationTime(1e300) }));
    assert.equal(new Date(holder!.expiresAt).toISOString(), '9999-12-31T23:59:59.000Z');
  });

  it('and an API key come in by the same door, and neither opens for the other', async () => {
    const keys = createKeyRing();
    const verifyJwt = verifierWith();
    const used: string[] = [];
    const clock = { now: Date.now() };
    const authenticate = createAuthenticate({ keys, verifyJwt, used: (id) => used.push(id), now: () => clock.now });
    const credential = await authenticate(`bearer ${await tokenOf()}`);
    assert.equal(credential?.actor.keyId, 'jwt:user-1');
    const { expiresAt = 0 } = credential.actor;
    assert.ok(expiresAt > clock.now + 290_000 && expiresAt <= clock.now + 301_000);
    assert.equal(credential.isValid(), true);
    clock.now += 301_000;
    assert.equal(credential.isValid(), false);
    assert.deepEqual(used, []);
    const alone = createAuthenticate({ keys, used: () => {}, now: Date.now });
    assert.equal(await alone(`Bearer ${await tokenOf()}`), undefined);
    for (const text of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Basic abc',
      await tokenOf(),
      `Bearer ${await tokenOf()} x`,
    ])
      assert.equal(await authenticate(text), undefined);
  });
});
