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
      complained: 'A valid API key is needed: put a valid API key into SENDPOOL_API_KEY',
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
] as const)
  test(`what is not understood ends with 2 and the help: ${line === '' ? 'nothing' : line}`, async () => {
    const { code, printed, complained } = await api.run(line);
    assert.deepEqual([code, printed, api.asked.length], [2, '', 0]);
    assert.ok(complained.startsWith(`${reason}\n\nnpm run sendpool -- <command>`), complained);
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
