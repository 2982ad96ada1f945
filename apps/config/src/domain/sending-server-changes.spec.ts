import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { newId } from '@sendpool/kernel';
import { createCreateSendingServer } from './create-sending-server.ts';
import { createFakeServerStore } from './fake-stores.ts';
import { defaultLimits } from './limits.ts';
import type { Result } from './result.ts';
import { toServerRecord, type SendingServer } from './sending-server.ts';
import { createSwitchSendingServer } from './switch-sending-server.ts';
import { createUpdateSendingServer, type UpdateSendingServerInput } from './update-sending-server.ts';
import { createVerifySendingServer, type ProbeAnswer } from './verify-sending-server.ts';

let seals = 0;
const seal = (plain: string, owner: string) => {
  seals += 1;
  return { keyId: 'k', iv: `${seals}`, data: `sealed ${plain} of ${owner}`, tag: '' };
};
const valueOf = <T>(result: Result<T>): T => {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
};
const errorOf = (result: Result<unknown>) => {
  assert.ok(!result.ok);
  return { code: result.errors[0]!.code, path: result.errors[0]!.path?.join('.') ?? null };
};

const input = {
  name: 'Relay',
  host: 'smtp.example.com',
  port: 587,
  username: 'u',
  password: 'p',
  fromDomains: ['example.com'],
};

let servers = createFakeServerStore();
let now = 1_000_000;
const clock = () => new Date(now);
const create = (change: object = {}) =>
  createCreateSendingServer({ servers, seal, newId, now: clock })({ ...input, ...change });
const update = (change: UpdateSendingServerInput) => createUpdateSendingServer({ servers, seal, now: clock })(change);
const verifier = (probe: (server: SendingServer) => Promise<ProbeAnswer>) =>
  createVerifySendingServer({ servers, probe, now: () => new Date(now) });
const passing = async (): Promise<ProbeAnswer> => ({ ok: true });
const verified = async (): Promise<SendingServer> => {
  const { id } = valueOf(await create());
  now += 5000;
  return valueOf(await verifier(passing)(id));
};

beforeEach(() => {
  servers = createFakeServerStore();
});

describe('creating a sending server', () => {
  it('makes it active, never verified, with TLS required and the password sealed under its own id', async () => {
    const server = valueOf(await create());
    assert.deepEqual([server.state, server.tls, server.revision], ['ACTIVE', 'REQUIRED', 1]);
    assert.equal(server.verification.status, 'NEVER');
    assert.equal(server.password?.data, `sealed p of ${server.id}`);
    assert.equal(server.limits.maxConnections, 10);
    assert.equal(toServerRecord(server).verified, false);
  });

  it('refuses a name that another server has, in any case of letters', async () => {
    valueOf(await create());
    assert.deepEqual(errorOf(await create({ name: 'RELAY' })), { code: 'CONFLICT', path: 'input.name' });
  });
});

describe('updating a sending server', () => {
  const facts: [string, Omit<UpdateSendingServerInput, 'id'>][] = [
    ['host', { host: 'other.example.com', password: 'p' }],
    ['port', { port: 465 }],
    ['tls', { tls: 'IMPLICIT' }],
    ['user name', { username: 'v' }],
    ['password', { password: 'p' }],
    ['login', { username: null, password: null }],
  ];
  for (const [what, change] of facts)
    it(`asks for a new verification after a change of ${what}`, async () => {
      const { id, revision } = await verified();
      const server = valueOf(await update({ id, ...change }));
      assert.equal(server.verification.status, 'NEVER');
      assert.equal(server.revision, revision + 1);
      assert.equal(toServerRecord(server).verified, false);
    });

  it('keeps the verification when only name, domains or limits change', async () => {
    const { id } = await verified();
    const change = { name: 'New', fromDomains: ['*.example.org'], limits: { messagesPerSecond: 5 }, host: input.host };
    const server = valueOf(await update({ id, ...change }));
    assert.equal(server.verification.status, 'PASSED');
    assert.deepEqual(server.limits, { ...defaultLimits, messagesPerSecond: 5 });
    assert.equal(server.password?.data, `sealed p of ${id}`);
  });

  it('does not send a stored password to another host', async () => {
    const { id } = await verified();
    assert.deepEqual(errorOf(await update({ id, host: 'thief.example' })), {
      code: 'BAD_INPUT',
      path: 'input.password',
    });
  });

  it('refuses null for what a server cannot be without, and an unknown id', async () => {
    const { id } = await verified();
    assert.deepEqual(errorOf(await update({ id, host: null })), { code: 'BAD_INPUT', path: 'input.host' });
    for (const field of ['maxConnections', 'whenLimited'])
      assert.deepEqual(errorOf(await update({ id, limits: { [field]: null } })), {
        code: 'BAD_INPUT',
        path: `input.limits.${field}`,
      });
    assert.equal(errorOf(await update({ id: newId() })).code, 'NOT_FOUND');
    assert.equal(errorOf(await update({ id: "' or 1=1" })).code, 'NOT_FOUND');
  });

  it('is decided again on the newest row when another change came between', async () => {
    const { id } = await verified();
    const save = servers.save.bind(servers);
    let raced = false;
    servers.save = async (row) => {
      if (!raced) {
        raced = true;
        valueOf(await createSwitchSendingServer({ servers: { ...servers, save } }, 'INACTIVE')(id));
      }
      return save(row);
    };
    const server = valueOf(await update({ id, name: 'New' }));
    assert.deepEqual([server.name, server.state], ['New', 'INACTIVE']);
  });

  it('gives up with CONFLICT when others change it all the time', async () => {
    const { id } = await verified();
    servers.save = async () => 'STALE';
    assert.equal(errorOf(await update({ id, name: 'New' })).code, 'CONFLICT');
  });
});

describe('switching a sending server', () => {
  it('changes the state once, and doing it again changes nothing', async () => {
    const { id, revision } = await verified();
    const off = createSwitchSendingServer({ servers }, 'INACTIVE');
    assert.equal(valueOf(await off(id)).revision, revision + 1);
    assert.equal(valueOf(await off(id)).revision, revision + 1);
    assert.equal(valueOf(await off(id)).state, 'INACTIVE');
  });
});

describe('verifying a sending server', () => {
  it('stores the stage and the words of a failure', async () => {
    const { id } = valueOf(await create());
    const failing = verifier(async () => ({ ok: false, stage: 'AUTH', message: '535 no' }));
    const { verification } = valueOf(await failing(id));
    assert.deepEqual(verification, { status: 'FAILED', at: new Date(now), failedStage: 'AUTH', message: '535 no' });
  });

  it('takes a server that failed out of use', async () => {
    const { id } = await verified();
    now += 5000;
    const failing = verifier(async () => ({ ok: false, stage: 'CONNECT', message: 'refused' }));
    assert.equal(toServerRecord(valueOf(await failing(id))).verified, false);
  });

  it('is done at most once in two seconds', async () => {
    const { id } = await verified();
    now += 1999;
    assert.equal(errorOf(await verifier(passing)(id)).code, 'CONFLICT');
    now += 1;
    valueOf(await verifier(passing)(id));
  });

  it('does not hold for a server that was changed while the probe ran', async () => {
    const { id } = valueOf(await create());
    now += 5000;
    const result = await verifier(async () => {
      valueOf(await update({ id, port: 2525 }));
      return { ok: true };
    })(id);
    assert.equal(errorOf(result).code, 'CONFLICT');
    assert.equal(servers.rows.get(id)?.verification.status, 'NEVER');
  });

  it('holds when only the name was changed while the probe ran', async () => {
    const { id } = valueOf(await create());
    now += 5000;
    const result = await verifier(async () => {
      valueOf(await update({ id, name: 'Renamed' }));
      return { ok: true };
    })(id);
    const server = valueOf(result);
    assert.deepEqual([server.name, server.verification.status], ['Renamed', 'PASSED']);
  });
});
