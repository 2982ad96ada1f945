/** The command lines that go on: the progress of a campaign and the events of delivery, until their stream ends. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { event, progress, startApi, type Api } from './api.fixture.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.stop());
beforeEach(() => Object.assign(api, { asked: [], breaks: 0 }));

test('watch shows the progress until the stream ends', async () => {
  const { code, printed } = await api.run('watch c1');
  assert.equal(code, 0);
  assert.deepEqual(
    printed.split('\n').map((line) => / (\S+ %)/.exec(line)?.[1]),
    ['50.0 %', '100.0 %'],
  );
  const lines = (await api.run('watch c1 --json')).printed.split('\n');
  assert.deepEqual(JSON.parse(lines[1]!), progress);
});

test('events are a line of JSON each, of the campaign and behind the cursor that were named', async () => {
  const { code, printed } = await api.run('events --campaign c1 --after cursor-0');
  assert.deepEqual([code, JSON.parse(printed)], [0, event(1)]);
  assert.deepEqual(api.asked[0]!.variables, { after: 'cursor-0', filter: { campaignId: 'c1' } });
});

test('events go on behind the last one when the stream breaks off', async () => {
  api.breaks = 1;
  const { code, printed } = await api.run('events');
  assert.equal(code, 0);
  assert.deepEqual(
    printed.split('\n').map((line) => JSON.parse(line) as object),
    [event(1), event(2)],
  );
  assert.deepEqual(
    api.asked.map(({ variables }) => variables['after']),
    [null, 'cursor-1'],
  );
});
