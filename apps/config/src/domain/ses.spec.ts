import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { newId } from '@sendpool/kernel';
import { createCreateSendingServer } from './create-sending-server.ts';
import { createFakeServerStore } from './fake-stores.ts';
import { defaultLimits } from './limits.ts';
import { createRefreshSesAccounts } from './refresh-ses-account.ts';
import type { Result } from './result.ts';
import { effectiveLimits, neverVerified, toServerRecord, type SendingServer } from './sending-server.ts';
import { accountFault, cappedBy, type SesAccount } from './ses.ts';
import { accountWith, sesServerWith } from './testing.ts';
import { createUpdateSendingServer, type UpdateSendingServerInput } from './update-sending-server.ts';
import { createVerifySendingServer, type ProbeAnswer } from './verify-sending-server.ts';

let now = 0;
const clock = () => new Date(now);
const seal = (plain: string, owner: string) => ({ keyId: 'k', iv: newId(), data: `${plain} of ${owner}`, tag: '' });
let servers = createFakeServerStore();
const valueOf = <T>(result: Result<T>): T => {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
};
const pathsOf = (result: Result<unknown>) => (result.ok ? [] : result.errors.map(({ path }) => path!.join('.')));
const create = (change: object = {}) =>
  createCreateSendingServer({ servers, seal, newId, now: clock })({
    name: newId(),
    kind: 'SES',
    ses: { region: 'eu-central-1' },
    fromDomains: ['example.com'],
    ...change,
  });
const update = (change: UpdateSendingServerInput) => createUpdateSendingServer({ servers, seal, now: clock })(change);
const verify = (id: string, answer: ProbeAnswer) =>
  createVerifySendingServer({ servers, probe: async () => answer, now: clock })(id);

beforeEach(() => {
  now += 1e9;
  servers = createFakeServerStore();
});

describe('a server of kind SES', () => {
  it('is reached at the API of its region over TLS, with the credentials of the process, unless it is said otherwise', async () => {
    const { kind, host, port, tls, username, password, ses } = valueOf(await create());
    assert.deepEqual([kind, host, port, tls], ['SES', 'email.eu-central-1.amazonaws.com', 443, 'IMPLICIT']);
    assert.deepEqual([username, password], [null, null]);
    assert.deepEqual(ses, { region: 'eu-central-1', configurationSet: null, account: null });
  });

  it('may have an endpoint of its own', async () => {
    const server = valueOf(
      await create({ host: '127.0.0.1', port: 8005, tls: 'NONE', username: 'AKIA', password: 's' }),
    );
    assert.deepEqual([server.host, server.port, server.tls, server.username], ['127.0.0.1', 8005, 'NONE', 'AKIA']);
  });

  it('needs a region, and a host and a port when it is none of SES', async () => {
    assert.deepEqual(pathsOf(await create({ ses: null })), ['input.ses']);
    assert.deepEqual(pathsOf(await create({ ses: {} })), ['input.ses.region']);
    const { id } = valueOf(await create());
    assert.deepEqual(pathsOf(await update({ id, ses: { region: null } })), ['input.ses.region']);
    assert.deepEqual(pathsOf(await create({ kind: 'SMTP', ses: null })), ['input.host', 'input.port']);
  });

  it('moves to the host of a new region, asks for a new verification and forgets the account of the old one', async () => {
    const server = sesServerWith({ username: 'AKIA', password: seal('s', 'x') });
    await servers.insert(server);
    const next = valueOf(await update({ id: server.id, ses: { region: 'us-east-1' } }));
    assert.deepEqual([next.host, next.verification.status], ['email.us-east-1.amazonaws.com', 'NEVER']);
    assert.deepEqual(next.ses, { region: 'us-east-1', configurationSet: 'main', account: null });
  });

  it('asks for a new verification of a new region at an endpoint of its own too', async () => {
    const server = sesServerWith({ host: '127.0.0.1', port: 8005, tls: 'NONE' });
    await servers.insert(server);
    const next = valueOf(await update({ id: server.id, ses: { region: 'us-east-1' } }));
    assert.deepEqual([next.host, next.verification.status, next.ses?.account], ['127.0.0.1', 'NEVER', null]);
  });

  it('keeps its verification and its account when only the configuration set changes', async () => {
    const server = sesServerWith();
    await servers.insert(server);
    const next = valueOf(await update({ id: server.id, ses: { configurationSet: null } }));
    assert.deepEqual(next, { ...server, revision: 2, ses: { ...server.ses, configurationSet: null } });
  });

  it('has its limits on the topic no higher than the account allows, and keeps its own', () => {
    const limits = { ...defaultLimits, messagesPerSecond: 20, messagesPerDay: 1000 };
    const server = sesServerWith({ limits });
    const { limits: sent, ses } = toServerRecord(server);
    assert.deepEqual([sent.messagesPerSecond, sent.messagesPerDay], [0.9 * 14, 1000]);
    assert.deepEqual(ses, { region: 'eu-central-1', configurationSet: 'main' });
    assert.deepEqual(server.limits, limits);
    assert.equal(effectiveLimits(sesServerWith()).messagesPerDay, 50_000);
  });

  it('has no daily limit of an account that has none, and none before the account is known', () => {
    const endless = cappedBy(defaultLimits, accountWith({ max24HourSend: null }));
    assert.deepEqual([endless.messagesPerSecond, endless.messagesPerDay], [0.9 * 14, null]);
    assert.equal(cappedBy(defaultLimits, null), defaultLimits);
  });

  const paused: [string, Partial<SesAccount>, RegExp][] = [
    ['is paused', { sendingEnabled: false }, /paused/],
    ['is shut down', { enforcementStatus: 'SHUTDOWN' }, /shut the account down/],
    ['has a quota of 0', { max24HourSend: 0 }, /quota of 0/],
    ['has a rate of 0', { maxSendRate: 0 }, /quota of 0/],
  ];
  for (const [what, change, words] of paused)
    it(`says in words that an account ${what}`, () => assert.match(accountFault(accountWith(change))!, words));

  it('finds nothing wrong with an account on probation or in the sandbox', () => {
    assert.equal(accountFault(accountWith({ enforcementStatus: 'PROBATION', productionAccess: false })), null);
  });
});

const refresh = async (server: SendingServer, answer: ProbeAnswer): Promise<SendingServer> => {
  await servers.insert(server);
  await createRefreshSesAccounts({ servers, probe: async () => answer, now: clock })();
  return servers.rows.get(server.id)!;
};

describe('refreshing SES accounts', () => {
  it('makes no new revision while the limits in force are the same, and notes the account', async () => {
    const account = accountWith({ sentLast24Hours: 999 });
    const server = await refresh(sesServerWith(), { ok: true, account });
    assert.deepEqual([server.revision, server.ses?.account], [1, account]);
  });

  it('makes a new revision when a limit in force changes', async () => {
    const server = await refresh(sesServerWith(), { ok: true, account: accountWith({ maxSendRate: 28 }) });
    assert.deepEqual([server.revision, toServerRecord(server).limits.messagesPerSecond], [2, 0.9 * 28]);
  });

  it('makes none when the server declares lower limits of its own', async () => {
    const limits = { ...defaultLimits, messagesPerSecond: 5, messagesPerDay: 100 };
    const account = accountWith({ maxSendRate: 28, max24HourSend: 90_000 });
    assert.equal((await refresh(sesServerWith({ limits }), { ok: true, account })).revision, 1);
  });

  it('takes a server out of use when its account is paused, and back when it may send again', async () => {
    const paused = accountWith({ sendingEnabled: false });
    const failed = await refresh(sesServerWith(), { ok: false, stage: 'AUTH', message: 'paused', account: paused });
    assert.deepEqual([failed.verification.status, failed.verification.message], ['FAILED', 'paused']);
    now += 3_600_000;
    await createRefreshSesAccounts({
      servers,
      probe: async () => ({ ok: true, account: accountWith() }),
      now: clock,
    })();
    assert.equal(servers.rows.get(failed.id)?.verification.status, 'PASSED');
  });

  it('takes it out of use when the credentials are refused, and changes nothing when the network is away', async () => {
    const refused = await refresh(sesServerWith(), { ok: false, stage: 'AUTH', message: 'signature' });
    assert.equal(refused.verification.status, 'FAILED');
    const server = sesServerWith();
    assert.deepEqual(await refresh(server, { ok: false, stage: 'CONNECT', message: 'away' }), server);
  });

  it('asks each account once an hour', async () => {
    let asked = 0;
    await servers.insert(sesServerWith());
    const probe = async (): Promise<ProbeAnswer> => {
      asked += 1;
      return { ok: true, account: accountWith() };
    };
    const look = createRefreshSesAccounts({ servers, probe, now: clock });
    await Promise.all([look(), look()]);
    now += 3_599_999;
    await look();
    assert.equal(asked, 1);
    now += 1;
    await look();
    assert.equal(asked, 2);
  });

  it('does not hold for a server that was changed meanwhile', async () => {
    const server = sesServerWith();
    await servers.insert(server);
    const probe = async (): Promise<ProbeAnswer> => {
      valueOf(await update({ id: server.id, ses: { region: 'us-east-1' } }));
      return { ok: true, account: accountWith({ maxSendRate: 99 }) };
    };
    await createRefreshSesAccounts({ servers, probe, now: clock })();
    const { ses, verification } = servers.rows.get(server.id)!;
    assert.deepEqual([ses?.account, verification.status], [null, 'NEVER']);
  });

  it('verifies by hand in the same way', async () => {
    const server = sesServerWith({ verification: neverVerified });
    await servers.insert(server);
    const account = accountWith({ maxSendRate: 1 });
    assert.deepEqual(valueOf(await verify(server.id, { ok: true, account })).ses?.account, account);
  });
});
