/** Command lines that come to nothing: what is said, where to look, and how it ends. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startApi, type Api } from './api.fixture.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.stop());
beforeEach(() => Object.assign(api, { asked: [], breaks: 0 }));

for (const line of ['servers', 'watch c1', 'events'])
  test(`a wrong key says so and what to do, once: ${line}`, async () => {
    assert.deepEqual(await api.run(line, { SENDPOOL_API_KEY: 'sp_wrong' }), {
      code: 1,
      printed: '',
      complained: 'The key is not valid, or not any more: put a valid API key into SENDPOOL_API_KEY',
    });
    assert.equal(api.asked.length, 1);
  });

for (const line of ['campaigns', 'watch c1'])
  test(`without a server the address is named: ${line}`, async () => {
    const { code, complained } = await api.run(`${line} --url http://127.0.0.1:1/graphql`);
    assert.equal(code, 1);
    assert.match(complained, /^http:\/\/127\.0\.0\.1:1\/graphql does not answer: is Sendpool running there\?/);
  });

for (const [line, reason] of [
  ['', 'Which command?'],
  ['serves', 'serves is no command'],
  ['watch', 'watch <campaign id> is how it is written'],
  ['test c1', 'test <campaign id> <address> is how it is written'],
  ['servers c1', 'servers is how it is written'],
  ['servers --jsno', "Unknown option '--jsno'"],
  ['servers --url 127.0.0.1:4000', '127.0.0.1:4000 is no address, as http://127.0.0.1:4000 is one'],
] as const)
  test(`what is not understood ends with 2, and the help is named, not printed: ${line === '' ? 'nothing' : line}`, async () => {
    const { code, printed, complained } = await api.run(line);
    assert.deepEqual([code, printed, api.asked.length], [2, '', 0]);
    assert.equal(complained, `${reason}\n--help says more`);
  });

test('the address is that of Sendpool, as the examples have it, or of its endpoint', async () => {
  for (const path of ['', '/', '/graphql'])
    assert.equal((await api.run('whoami', { SENDPOOL_URL: `${api.origin}${path}` })).code, 0, path);
});

for (const line of ['campaigns', 'watch c1'])
  test(`what is no GraphQL API is named with what is missing: ${line}`, async () => {
    assert.deepEqual(await api.run(line, { SENDPOOL_URL: `${api.origin}/api` }), {
      code: 1,
      printed: '',
      complained: `${api.origin}/api answered, but not as a GraphQL API: is the path /graphql missing?`,
    });
  });

test('without a key nothing is asked, and it ends with 2', async () => {
  const { code, complained } = await api.run('servers', { SENDPOOL_API_KEY: '' });
  assert.deepEqual([code, api.asked.length], [2, 0]);
  assert.match(complained, /^SENDPOOL_API_KEY is not set/);
});

test('--help is printed and is no fault', async () => {
  const { code, printed } = await api.run('--help');
  assert.equal(code, 0);
  assert.match(printed, /watch <campaign id> {11}the progress/);
});
