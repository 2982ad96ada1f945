/** What the gateway refuses by itself: who may come in, what a document may ask, and which bodies it reads. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ask, headers, send, startOver, startTwoServices, type TwoServices } from './two-services.fixture.ts';

describe('the gateway', () => {
  let scene: TwoServices;
  before(async () => {
    scene = await startTwoServices();
  });
  after(() => scene.stop());

  it('answers alike whether the key is missing, malformed or wrong, without reading the body', async () => {
    const answers = await Promise.all(
      [{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic cmVhZGVy' }].map((auth) =>
        send(scene.gateway.url, { headers: { 'content-type': 'application/json', ...auth }, body: '{ not json' }),
      ),
    );
    assert.equal(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
    assert.equal(answers[0]?.status, 401);
    assert.equal(answers[0]?.errors?.[0]?.extensions['code'], 'UNAUTHENTICATED');
  });

  const nested = (levels: number): string => (levels === 1 ? 'id' : `self { ${nested(levels - 1)} }`);
  const refusals: [string, string, RegExp][] = [
    ['a document of 11 levels', `{ pool(id: "a") { ${nested(10)} } }`, /11 levels/],
    [
      'depth that hides in fragments',
      `{ pool(id: "a") { ...A } } fragment A on Pool { ${nested(9).replace('id', '...B')} } fragment B on Pool { self { id } }`,
      /levels deep/,
    ],
    ['31 aliases', `{ ${Array.from({ length: 31 }, (_, index) => `a${index}: whoAmI`).join(' ')} }`, /30 aliases/],
    ['a subscription that is not asked for as a stream', 'subscription { whoAmI }', /is a stream/],
    ['more than 2,000 tokens', `{ ${'whoAmI '.repeat(2001)} }`, /2000 tokens/],
    [
      'introspection in circles',
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
      /introspection depth/i,
    ],
    [
      'fragments that contain each other',
      '{ pool(id: "a") { ...A } } fragment A on Pool { ...B } fragment B on Pool { ...A }',
      /itself/,
    ],
  ];
  for (const [name, query, message] of refusals)
    it(`refuses ${name} before any service is asked`, async () => {
      const before = scene.pools.calls.length;
      const { data, errors } = await ask(scene.gateway.url, query);
      assert.equal(data, undefined);
      assert.match(String(errors?.[0]?.message), message);
      assert.equal(scene.pools.calls.length, before);
    });

  it('takes 10 levels and 30 aliases', async () => {
    assert.equal((await ask(scene.gateway.url, `{ pool(id: "a") { ${nested(9)} } }`)).errors, undefined);
    const aliases = Array.from({ length: 30 }, (_, index) => `a${index}: whoAmI`).join(' ');
    assert.equal((await ask(scene.gateway.url, `{ ${aliases} }`)).errors, undefined);
  });

  it('refuses a body above 1 MiB, announced or not', async () => {
    const big = JSON.stringify({ query: '{ whoAmI }', variables: { filler: 'x'.repeat(1024 * 1024) } });
    assert.equal((await send(scene.gateway.url, { headers, body: big })).status, 413);
    const chunked = new ReadableStream({
      start: (controller) => {
        controller.enqueue(Buffer.from(big));
        controller.close();
      },
    });
    const init = { headers, body: chunked, duplex: 'half' } as RequestInit;
    assert.equal((await send(scene.gateway.url, init)).status, 413);
  });

  it('refuses batches, form posts and plain text', async () => {
    const query = { query: '{ whoAmI }' };
    assert.equal((await send(scene.gateway.url, { headers, body: JSON.stringify([query, query]) })).status, 400);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const init = { headers: { ...headers, 'content-type': type }, body: JSON.stringify(query) };
      const { status, data, errors } = await send(scene.gateway.url, init);
      assert.deepEqual([status, data], [415, undefined], type);
      assert.match(String(errors?.[0]?.message), /Content-Type: application\/json/);
    }
  });

  it('names the variable whose value is of the wrong type', async () => {
    const query = 'query ($id: ID!) { pool(id: $id) { name } }';
    const { errors } = await send(scene.gateway.url, {
      headers,
      body: JSON.stringify({ query, variables: { id: {} } }),
    });
    assert.match(String(errors?.[0]?.message), /^Variable "\$id" got an invalid value at "id": /);
    assert.deepEqual(errors?.[0]?.extensions, { code: 'BAD_USER_INPUT' });
  });

  const faults: [string, object, string][] = [
    [
      'an operation that is not in the document',
      { query: '{ whoAmI }', operationName: 'X' },
      'OPERATION_RESOLUTION_FAILURE',
    ],
    [
      'no DateTime',
      { query: 'query ($at: DateTime) { day(at: $at) }', variables: { at: 'tomorrow' } },
      'BAD_USER_INPUT',
    ],
    ['a literal that is no DateTime', { query: '{ day(at: "tomorrow") }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['a secret of the wrong type', { query: '{ logIn(password: 77788899) }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ];
  for (const [name, body, code] of faults)
    it(`refuses ${name} as the client's mistake, before any service is asked and without quoting it`, async () => {
      const before = scene.pools.calls.length;
      const { text, data, errors } = await send(scene.gateway.url, { headers, body: JSON.stringify(body) });
      assert.deepEqual([data, errors?.[0]?.extensions], [undefined, { code }], text);
      assert.ok(!/tomorrow|77788899|_day/.test(text), text);
      assert.equal(scene.pools.calls.length, before);
    });

  it('does not suggest names of fields', async () => {
    const { text } = await ask(scene.gateway.url, '{ whoAmY }');
    assert.ok(!text.includes('whoAmI') && !text.includes('Did you mean'), text);
  });

  it('shows its schema without the joins of the services, and only while introspection is on', async () => {
    const { text } = await ask(scene.gateway.url, '{ __schema { queryType { fields { name } } } }');
    const names = [...text.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name ?? '').toSorted();
    assert.deepEqual(names, ['administer', 'bug', 'day', 'lag', 'logIn', 'pool', 'pools', 'whoAmI']);
    const closed = await startOver(scene.pools, scene.numbers, false);
    assert.equal((await ask(closed.url, '{ __schema { queryType { name } } }')).data, undefined);
    await closed.stop();
  });
});
