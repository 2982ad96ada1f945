import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkServer, type ServerDraft } from './check-server.ts';
import { defaultLimits, noRates } from './limits.ts';

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
  limits: defaultLimits,
  kind: 'SMTP',
  ses: null,
  warmUp: null,
  newWarmUp: null,
};

const faultsOf = (change: Partial<ServerDraft>): string[] => {
  const result = checkServer({ ...draft, ...change }, 0);
  return result.ok ? [] : result.errors.map(({ path }) => path!.join('.'));
};
const gmail = { ...noRates, provider: 'gmail', maxConnections: 3 };
const providers = (...list: ServerDraft['limits']['providers']) => limits({ providers: list });
const limits = (change: Partial<ServerDraft['limits']>) => ({ limits: { ...draft.limits, ...change } });

const ses = (change: Partial<ServerDraft>): Partial<ServerDraft> => ({
  kind: 'SES',
  host: 'email.eu-central-1.amazonaws.com',
  port: 443,
  tls: 'IMPLICIT',
  ses: { region: 'eu-central-1', configurationSet: null },
  ...change,
});

describe('checkServer', () => {
  it('gives every value in its normal form', () => {
    const changed = { name: '  Main relay ', host: 'SMTP.Example.com', fromDomains: ['Example.com', 'example.com'] };
    assert.deepEqual(checkServer({ ...draft, ...changed }, 0), { ok: true, value: draft });
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
    ['half a message a minute', limits({ messagesPerMinute: 0.5 }), ['input.limits.messagesPerMinute']],
    ['6,000,001 a minute', limits({ messagesPerMinute: 6_000_001 }), ['input.limits.messagesPerMinute']],
    ['0 an hour', limits({ messagesPerHour: 0 }), ['input.limits.messagesPerHour']],
    ['2,000,000,001 a day', limits({ messagesPerDay: 2_000_000_001 }), ['input.limits.messagesPerDay']],
    ['a provider twice', providers(gmail, gmail), ['input.limits.providers.1.provider']],
    ['a provider in capitals', providers({ ...gmail, provider: 'Gmail' }), ['input.limits.providers.0.provider']],
    [
      'a provider of 101 letters',
      providers({ ...gmail, provider: 'x'.repeat(101) }),
      ['input.limits.providers.0.provider'],
    ],
    ['a provider without a limit', providers({ ...gmail, maxConnections: null }), ['input.limits.providers.0']],
    [
      'a rate of 0 to a provider',
      providers({ ...gmail, messagesPerSecond: 0 }),
      ['input.limits.providers.0.messagesPerSecond'],
    ],
    [
      'no connection to a provider',
      providers({ ...gmail, maxConnections: 0 }),
      ['input.limits.providers.0.maxConnections'],
    ],
    [
      '51 providers, without a word on each',
      providers(...Array.from({ length: 51 }, () => gmail)),
      ['input.limits.providers'],
    ],
    ['settings of SES with SMTP', { ses: { region: 'eu-central-1', configurationSet: null } }, ['input.ses']],
    ['SES without settings', { kind: 'SES' }, ['input.ses']],
    ['a region that is none', ses({ ses: { region: 'Frankfurt', configurationSet: null } }), ['input.ses.region']],
    [
      'a configuration set with a blank',
      ses({ ses: { region: 'eu-central-1', configurationSet: 'a b' } }),
      ['input.ses.configurationSet'],
    ],
    ['SES with STARTTLS', ses({ tls: 'REQUIRED' }), ['input.tls']],
    ['SES without TLS at another machine', ses({ tls: 'NONE' }), ['input.tls']],
    ['SES with a key id alone', ses({ password: null }), ['input.password']],
  ];
  for (const [what, change, paths] of cases) it(`refuses ${what}`, () => assert.deepEqual(faultsOf(change), paths));

  it('takes no TLS without a login, a fractional rate, and the certificates of an authority alone', () => {
    assert.deepEqual(faultsOf({ tls: 'NONE', username: null, password: null }), []);
    assert.deepEqual(faultsOf(limits({ messagesPerSecond: 0.5, messagesPerConnection: 100 })), []);
    const two = checkServer({ ...draft, caCertificate: `# chain\n${authority}${authority}` }, 0);
    assert.equal(two.ok && two.value.caCertificate, authority + authority);
  });

  it('takes all rates, and 50 providers with limits of their own', () => {
    const rates = { messagesPerSecond: 0.5, messagesPerMinute: 1, messagesPerHour: 360_000_000, messagesPerDay: 2e9 };
    const many = Array.from({ length: 50 }, (_, at) => ({ ...rates, provider: `p${at}`, maxConnections: null }));
    assert.deepEqual(faultsOf(limits({ ...rates, whenLimited: 'WAIT', providers: many })), []);
  });

  it('takes SES with a key pair or none, and an endpoint of its own at this machine without TLS', () => {
    assert.deepEqual(faultsOf(ses({})), []);
    assert.deepEqual(faultsOf(ses({ username: null, password: null })), []);
    for (const host of ['127.0.0.1', 'localhost', '::1']) assert.deepEqual(faultsOf(ses({ host, tls: 'NONE' })), []);
  });

  it('never repeats a password in what it says', () => {
    const result = checkServer({ ...draft, username: null, password: 'canary\n9f2', tls: 'NONE' }, 0);
    assert.ok(!JSON.stringify(result).includes('canary'));
  });
});
