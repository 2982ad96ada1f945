import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkServer, type ServerDraft } from './check-server.ts';

const authority = `-----BEGIN CERTIFICATE-----
MIIBijCCAS+gAwIBAgIUVDbYHoP5+i38Objw5LDzLw3GDGAwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMTI0MDczNzU5WhgPMjEy
NjEwMzEwNzM3NTlaMBkxFzAVBgNVBAMMDlRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEDs37EwcLfycc45kfHEX1h+4QK2BGX34H+iRvhbgy
HfJvsbTbBE6CN98pprsxWVqjnPZKhQMyHWzBpmu//IxQL6NTMFEwHQYDVR0OBBYE
FLIFJGxRjT9gjDXOD9pNVzFF1/PNMB8GA1UdIwQYMBaAFLIFJGxRjT9gjDXOD9pN
VzFF1/PNMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhANWWaUdT
GkreIuTR7K99L6S5buBfi7IXUF5ZnYjC9VN9AiEA+Pxyev2ECS3hZjbZ/edghmQw
o+YVrzVxqr+Ue3KF8Us=
-----END CERTIFICATE-----
`;

const draft: ServerDraft = {
  name: 'Main relay',
  host: 'smtp.example.com',
  port: 587,
  tls: 'REQUIRED',
  username: 'mailer',
  password: 'secret',
  keepsPassword: false,
  caCertificate: null,
  fromDomains: ['example.com'],
  limits: { maxConnections: 10, messagesPerConnection: null, messagesPerSecond: null },
};

const faultsOf = (change: Partial<ServerDraft>): string[] => {
  const result = checkServer({ ...draft, ...change });
  return result.ok ? [] : result.errors.map(({ path }) => path!.join('.'));
};
const limits = (change: Partial<ServerDraft['limits']>) => ({ limits: { ...draft.limits, ...change } });

describe('checkServer', () => {
  it('gives every value in its normal form', () => {
    const changed = { name: '  Main relay ', host: 'SMTP.Example.com', fromDomains: ['Example.com', 'example.com'] };
    assert.deepEqual(checkServer({ ...draft, ...changed }), { ok: true, value: draft });
  });

  it('names all faults of the input at once', () => {
    const faults = faultsOf({ name: '', host: 'smtp://x', port: 0, fromDomains: ['x y', 'example.com', '*'] });
    assert.deepEqual(faults, ['input.name', 'input.host', 'input.port', 'input.fromDomains.0', 'input.fromDomains.2']);
  });

  const cases: [string, Partial<ServerDraft>, string[]][] = [
    ['a name of 101 characters', { name: 'x'.repeat(101) }, ['input.name']],
    ['a line break in the name', { name: 'a\r\nb' }, ['input.name']],
    ['port 65536', { port: 65_536 }, ['input.port']],
    ['a port that is not whole', { port: 25.5 }, ['input.port']],
    [
      '101 domains, without a word on each',
      { fromDomains: Array.from({ length: 101 }, () => '*') },
      ['input.fromDomains'],
    ],
    ['no domain', { fromDomains: [] }, ['input.fromDomains']],
    ['a password without TLS', { tls: 'NONE' }, ['input.tls']],
    ['a password with OPPORTUNISTIC', { tls: 'OPPORTUNISTIC' }, ['input.tls']],
    ['a stored password without TLS', { tls: 'NONE', password: null, keepsPassword: true }, ['input.tls']],
    ['a user name without a password', { password: null }, ['input.password']],
    ['a password without a user name', { username: null }, ['input.username']],
    ['a line break in the password', { password: 'a\r\nRSET' }, ['input.password']],
    ['a line break in the user name', { username: 'a\nb' }, ['input.username']],
    ['an empty password', { password: '' }, ['input.password']],
    ['a certificate that is none', { caCertificate: 'hello' }, ['input.caCertificate']],
    ['a certificate with a broken body', { caCertificate: authority.replace('MII', 'AAA') }, ['input.caCertificate']],
    ['a private key beside it', { caCertificate: `${authority}-----BEGIN PRIVATE KEY-----` }, ['input.caCertificate']],
    ['no connection', limits({ maxConnections: 0 }), ['input.limits.maxConnections']],
    ['1001 connections', limits({ maxConnections: 1001 }), ['input.limits.maxConnections']],
    ['half a message', limits({ messagesPerConnection: 0.5 }), ['input.limits.messagesPerConnection']],
    ['a rate of 0', limits({ messagesPerSecond: 0 }), ['input.limits.messagesPerSecond']],
    ['a rate that is no number', limits({ messagesPerSecond: Number.NaN }), ['input.limits.messagesPerSecond']],
  ];
  for (const [what, change, paths] of cases) it(`refuses ${what}`, () => assert.deepEqual(faultsOf(change), paths));

  it('takes no TLS without a login, a fractional rate, and the certificates of an authority alone', () => {
    assert.deepEqual(faultsOf({ tls: 'NONE', username: null, password: null }), []);
    assert.deepEqual(faultsOf(limits({ messagesPerSecond: 0.5, messagesPerConnection: 100 })), []);
    const two = checkServer({ ...draft, caCertificate: `# chain\n${authority}${authority}` });
    assert.equal(two.ok && two.value.caCertificate, authority + authority);
  });

  it('never repeats a password in what it says', () => {
    const result = checkServer({ ...draft, username: null, password: 'canary\n9f2', tls: 'NONE' });
    assert.ok(!JSON.stringify(result).includes('canary'));
  });
});
