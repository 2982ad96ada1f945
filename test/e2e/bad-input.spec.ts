/** The public door of a real system under wrong input of every kind: typed refusals that name their place, nothing half-done, no secret anywhere. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { newId, sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import { fromDomain } from '../../apps/standalone/demo/servers.ts';
import { createDoor, type Answer, type Door, type Mutation } from './public-door.ts';
import { endStage, setStage, type Stage } from './stage.ts';

const canary = 'canary-7f3a-password';
const recipients = 400;
const listPools = '{ pools { nodes { id } } }';

const secretOf = ({ text }: Answer): string => /"secret":"([^"]+)"/.exec(text)![1]!;
const codeOf = ({ errors }: Answer): string | undefined => errors?.[0]?.extensions.code;

const json = (query: string, more: object = {}): { body: string } => ({ body: JSON.stringify({ query, ...more }) });

describe('the public door under wrong input', () => {
  let sink: Sink;
  let stage: Stage;
  let door: Door;
  let serverId: string;
  let content: Record<string, unknown>;

  before(async () => {
    const login = { username: 'user', password: canary };
    sink = await startSink({ tls: 'STARTTLS', auth: login, delayMs: 100 });
    const target = { name: 'relay', port: sink.port, weight: 1, ca: sink.certificate!.ca, login, maxConnections: 2 };
    stage = await setStage({ targets: [target], recipients });
    door = createDoor(() => stage.system.gatewayUrl, stage.system.firstAdminKey!);
    serverId = stage.serverIds.get('relay')!;
    const { data } = await door.query('{ audiences { nodes { id } } }');
    const audienceId = (data!['audiences'] as { nodes: { id: string }[] }).nodes[0]!.id;
    const from = { name: 'News', address: `news@${fromDomain}` };
    const sendingSettings = { poolId: stage.poolId };
    content = { name: 'bad', from, subject: 'Hi', text: 'Hi', audienceId, sendingSettings };
  });
  after(async () => {
    await endStage(stage);
    await sink.stop();
  });

  const statusOf = async (id: string): Promise<string> => {
    const { data } = await door.query('query ($id: ID!) { campaign(id: $id) { status } }', { id });
    return (data!['campaign'] as { status: string }).status;
  };

  const makeKey = async (role: string): Promise<{ key: string; id: string }> => {
    const made = await door.mutate('createApiKey', { name: role, role });
    const key = secretOf(made);
    while ((await door.query(listPools, {}, key)).status !== 200) await sleep(20);
    return { key, id: made.id };
  };

  it('answers alike without a key, with a wrong and with a revoked one', async () => {
    const { key, id } = await makeKey('ADMIN');
    await door.mutate('revokeApiKey', { id });
    while ((await door.query(listPools, {}, key)).status === 200) await sleep(20);
    const body = JSON.stringify({ query: listPools });
    const answers = await Promise.all([undefined, 'wrong', key].map((one) => door.send({ key: one, body })));
    assert.equal(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
    assert.deepEqual([answers[0]!.status, codeOf(answers[0]!)], [401, 'UNAUTHENTICATED']);
  });

  it('lets each role do what it may, and nothing above it', async () => {
    const [reader, operator] = [(await makeKey('READER')).key, (await makeKey('OPERATOR')).key];
    const name = newId();
    assert.equal(codeOf(await door.mutate('createAudience', { name }, reader)), 'FORBIDDEN');
    assert.equal((await door.upload(newId(), 'email\na@b.example', reader)).status, 403);
    assert.deepEqual((await door.mutate('createAudience', { name }, operator)).refusals, []);
    assert.equal(codeOf(await door.mutate('createApiKey', { name, role: 'ADMIN' }, operator)), 'FORBIDDEN');
    assert.equal(codeOf(await door.query('{ apiKeys { nodes { id } } }', {}, operator)), 'FORBIDDEN');
  });

  const weights: [string, (member: (weight: unknown) => object) => object[], string][] = [
    ['a weight below 0', (member) => [member(-1)], 'input.members.0.weight'],
    ['weights of 0 alone', (member) => [member(0)], 'input.members'],
    ['a server twice', (member) => [member(1), member(2)], 'input.members.1.serverId'],
    ['65 members', (member) => Array.from({ length: 65 }, () => member(1)), 'input.members'],
    ['no member', () => [], 'input.members'],
  ];
  const member = (weight: unknown) => ({ serverId, weight });
  it('refuses wrong weights by their place', async () => {
    for (const [what, members, path] of weights) {
      const { refusals } = await door.mutate('createPool', { name: newId(), members: members(member) });
      assert.deepEqual(
        refusals.map((refusal) => [refusal.code, refusal.path?.join('.')]),
        [['BAD_INPUT', path]],
        what,
      );
    }
    for (const weight of [1.5, '7', null]) {
      const { errors } = await door.mutate('createPool', { name: newId(), members: [member(weight)] });
      assert.equal(errors?.[0]?.extensions.code, 'BAD_USER_INPUT');
      assert.match(errors[0].message, /at "input\.members\[0\]\.weight"/);
    }
  });

  const contents: [string, object, string][] = [
    ['a line break in From', { from: { name: 'x', address: `a@${fromDomain}\r\nBcc: b@c.example` } }, 'from.address'],
    ['two addresses in From', { from: { name: 'x', address: `a@${fromDomain}, b@${fromDomain}` } }, 'from.address'],
    ['a line break in the name of From', { from: { name: 'x\r\nBcc: y', address: `a@${fromDomain}` } }, 'from.name'],
    ['a tag that is not closed', { text: '{% if a %}' }, 'text'],
    ['an unknown filter', { html: '{{ a | nofilter }}' }, 'html'],
    ['an endless loop', { html: '{% for i in (1..1000000000) %}x{% endfor %}' }, 'html'],
    ['a NUL in the text', { text: 'a\0' }, 'text'],
    ['a NUL in the name', { name: 'a\0' }, 'name'],
    ['a name of blanks', { name: '  ' }, 'name'],
    ['an unknown audience', { audienceId: 'nonsense' }, 'audienceId'],
  ];
  it('refuses wrong content of a campaign by its field', async () => {
    for (const [what, change, path] of contents) {
      const { refusals, text } = await door.mutate('createCampaign', { ...content, ...change });
      assert.equal(refusals[0]?.path?.join('.'), `input.${path}`, `${what}: ${text}`);
    }
  });

  it('starts no campaign that could not be sent, and leaves it as it was', async () => {
    const members = [{ serverId, weight: 1 }];
    const off = { name: 'off', host: '127.0.0.1', port: 9, tls: 'NONE', fromDomains: [fromDomain] };
    members[0]!.serverId = (await door.mutate('createSendingServer', off)).id;
    const poolId = (await door.mutate('createPool', { name: 'unusable', members })).id;
    const cases: [object, string][] = [
      [{ sendingSettings: { poolId } }, 'input.sendingSettings.poolId'],
      [{ sendingSettings: { poolId: newId() } }, 'input.sendingSettings.poolId'],
      [{ from: { name: 'x', address: 'a@foreign.example' } }, 'input.from.address'],
      [{ audienceId: (await door.mutate('createAudience', { name: 'nobody' })).id }, 'input.audienceId'],
    ];
    const check = async ([change, path]: [object, string]): Promise<void> => {
      const { id } = await door.mutate('createCampaign', { ...content, ...change });
      const { refusals } = await door.mutate('startCampaign', { id });
      assert.deepEqual([refusals[0]?.path?.join('.'), await statusOf(id)], [path, 'DRAFT']);
    };
    await Promise.all(cases.map(check));
  });

  it('takes status changes in their order only, and one of several starts at once', async () => {
    const id = stage.campaignId;
    const codes = async (name: Mutation, more: object = {}): Promise<string[]> =>
      (await door.mutate(name, { id, ...more })).refusals.map(({ code }) => code);
    assert.deepEqual(await codes('resumeCampaign'), ['CONFLICT']);
    assert.deepEqual(await codes('pauseCampaign'), ['CONFLICT']);
    const starts = await Promise.all([1, 2, 3].map(() => codes('startCampaign')));
    assert.deepEqual(starts.flat(), ['CONFLICT', 'CONFLICT']);
    assert.deepEqual(await codes('updateCampaign', { subject: 'New' }), ['CONFLICT']);
    assert.deepEqual(await codes('pauseCampaign'), []);
    const foreign = { from: { name: 'x', address: 'a@foreign.example' } };
    assert.deepEqual(await codes('updateCampaign', foreign), ['BAD_INPUT']);
    assert.deepEqual([await codes('cancelCampaign'), await codes('cancelCampaign')], [[], ['CONFLICT']]);
    assert.deepEqual([await codes('startCampaign'), await statusOf(id)], [['CONFLICT'], 'CANCELLED']);
  });

  it('reports bad rows of a file, refuses what is no file, and stores nothing of that', async () => {
    const { id } = await door.mutate('createAudience', { name: newId() });
    const big = Buffer.alloc(30 * 1024 * 1024, 'name,x\n');
    for (const file of ['', '\n\n', 'name\nx\n', 'email,x,x\na@b.example,1,2\n', 'first name,email\n', big])
      assert.equal((await door.upload(id, file)).status, 400, file.slice(0, 40).toString());
    assert.equal((await door.upload(newId(), big)).status, 404);
    assert.equal((await door.upload('nonsense', 'email\n')).status, 404);
    const rows = [
      'ok@b.example,1',
      'no address,1',
      '"a@b.example\r\nBcc: c@d.example",1',
      'short',
      'a@b.example,"x"y"',
    ];
    const answer = await door.upload(
      id,
      Buffer.from(`email,x\n${rows.join('\n')}\nlatin@b.example,\u00e9\n`, 'latin1'),
    );
    const { imported, errors } = JSON.parse(answer.text) as { imported: number; errors: { row: number }[] };
    assert.deepEqual([answer.status, imported], [200, 1], answer.text);
    assert.ok(errors.length >= 4 && errors.every(({ row }) => row > 2), answer.text);
    const { data } = await door.query('query ($id: ID!) { audience(id: $id) { contactCount } }', { id });
    assert.deepEqual(data!['audience'], { contactCount: 1 });
  });

  const abuses: [string, Parameters<Door['send']>[0], number, string][] = [
    ['10,000 aliases', json(`{ ${'a: __typename '.repeat(10_000)} }`), 400, 'BAD_REQUEST'],
    ['5,000 aliases', json(`{ ${'a: __typename '.repeat(5000)} }`), 200, 'GRAPHQL_PARSE_FAILED'],
    [
      '31 aliases',
      json(`{ ${Array.from({ length: 31 }, (_, n) => `a${n}: __typename`).join(' ')} }`),
      200,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a fragment in itself', json('{ ...A } fragment A on Query { ...A }'), 200, 'GRAPHQL_VALIDATION_FAILED'],
    ['a batch', { body: JSON.stringify([{ query: listPools }, { query: listPools }]) }, 400, 'BAD_REQUEST'],
    ['plain text', { ...json(listPools), type: 'text/plain' }, 415, 'BAD_REQUEST'],
    ['10 MB', json(listPools, { filler: 'x'.repeat(10_000_000) }), 413, 'BAD_REQUEST'],
    ['what is no JSON', { body: '{' }, 400, 'BAD_REQUEST'],
    ['an unknown operation', json(listPools, { operationName: 'X' }), 400, 'OPERATION_RESOLUTION_FAILURE'],
    ['the SDL of a service', json('{ _service { sdl } }'), 200, 'GRAPHQL_VALIDATION_FAILED'],
    ['a page of none', json('{ pools(first: 0) { nodes { id } } }'), 200, 'BAD_INPUT'],
    ['a page of 101', json('{ campaigns(first: 101) { nodes { id } } }'), 200, 'BAD_INPUT'],
    ['a broken cursor', json('{ audiences(after: "xxx") { nodes { id } } }'), 200, 'BAD_INPUT'],
    [
      'a password of the wrong type',
      json('mutation ($input: CreateSendingServerInput!) { createSendingServer(input: $input) { __typename } }', {
        variables: { input: { password: [canary] } },
      }),
      200,
      'BAD_USER_INPUT',
    ],
  ];
  it('bounds what a request may ask, each with a typed error', async () => {
    for (const [what, sent, status, code] of abuses) {
      const answer = await door.send(sent);
      assert.deepEqual([answer.status, codeOf(answer)], [status, code], what);
      assert.ok(!/canary| at .*\.ts|node_modules|127\.0\.0\.1/.test(answer.text), answer.text);
    }
    const get = await door.send({ method: 'GET', path: '/graphql?query=mutation%7BcreateAudience%7D' });
    assert.equal(get.status, 405);
    for (const id of ['nonsense', 'a\0', 'x'.repeat(10_000), newId()])
      assert.deepEqual((await door.query('query ($id: ID!) { pool(id: $id) { id } }', { id })).data, { pool: null });
  });

  it('answers what it can while a service is killed, and all of it soon after', async () => {
    const query = '{ pools { nodes { id } } campaigns { nodes { id } } }';
    stage.system.processes.kill('config');
    const { data, errors, text } = await door.query(query);
    assert.deepEqual([data?.['pools'], data?.['campaigns'] === null], [null, false]);
    assert.deepEqual([errors?.[0]?.path, errors?.[0]?.extensions.code], [['pools'], 'UNAVAILABLE']);
    assert.ok(!/127\.0\.0\.1|ECONN/.test(text), text);
    const end = Date.now() + 15_000;
    while ((await door.query(query)).errors !== undefined) assert.ok(Date.now() < end, 'config does not come back');
  });

  it('has logged none of this as an error, and has the password nowhere in clear text', () => {
    const entries = readdirSync(join(stage.folder, 'data'), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    assert.deepEqual(
      files.filter((file) => readFileSync(file).includes(canary)),
      [],
    );
    const logs = files.filter((file) => /data\/logs\/\w+\.log$/.test(file));
    const lines = logs.flatMap((file) => readFileSync(file, 'utf8').split('\n'));
    assert.deepEqual([logs.length, lines.some((line) => line.includes('is ready'))], [5, true]);
    assert.deepEqual(
      lines.filter((line) => line.includes('"level":"error"')),
      [],
    );
  });
});
