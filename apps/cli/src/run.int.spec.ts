/** Whole command lines of `sendpool`: what is printed of what the API answers, and how it ends. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { campaign, startApi, viewer, type Api, type Ended } from './api.fixture.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.stop());
beforeEach(() => Object.assign(api, { asked: [], breaks: 0 }));

/** Without the padding of the table. */
const cells = ({ printed }: Ended): string[][] => printed.split('\n').map((line) => line.trim().split(/ {2,}/));

test('whoami says whose key it is, and what it may do until when', async () => {
  const ended = await api.run('whoami');
  assert.equal(ended.printed, 'the API key Shop (k1): OPERATOR, until 2099-01-01 00:00:00Z');
  assert.deepEqual(JSON.parse((await api.run('whoami --json')).printed), viewer);
});

test('servers are shown from every page, with what they do and what is wrong with them', async () => {
  const ended = await api.run('servers');
  assert.deepEqual(cells(ended).slice(1), [
    [
      'Main',
      's1',
      'SMTP',
      'ACTIVE',
      'PASSED',
      '127.0.0.1:2525',
      '3.1 %',
      '0.3 %',
      '1,234',
      'at its limit: messages per second to gmail',
    ],
    ['after "second"', 's1', 'SMTP', 'ACTIVE', 'PASSED', '127.0.0.1:2525', '-', '-', '-', 'unknown'],
  ]);
  assert.deepEqual([ended.code, ended.complained], [0, '']);
});

test('statistics show the bounces of every class, and are of the window that was asked for', async () => {
  const ended = await api.run('stats --window last_day');
  assert.deepEqual(cells(ended)[1], [
    'Main',
    '1,200',
    '1,163',
    '37',
    '4',
    '0',
    '3.1 % over 1,200 sends: too few to say',
  ]);
  assert.ok(api.asked[0]!.query.includes('stats(window: LAST_DAY)'));
});

test('a window that there is not asks for nothing and ends with 2', async () => {
  const { code, complained } = await api.run('stats --window yesterday');
  assert.deepEqual([code, api.asked.length], [2, 0]);
  assert.equal(complained, '--window is one of LAST_MINUTE, LAST_HOUR, LAST_DAY, ALL\n--help says more');
});

test('pools are shown with their members, and why one is out', async () => {
  assert.deepEqual(cells(await api.run('pools'))[1], [
    'Everything',
    'p1',
    'Main',
    'ACTIVE',
    '10',
    '100.0 %',
    'OUT until 2026-11-24 19:00:00Z: 9 % bounced',
  ]);
});

test('campaigns are shown with how far they are', async () => {
  assert.deepEqual(cells(await api.run('campaigns'))[1], [
    'Spring',
    'c1',
    'FINISHED',
    '100.0 %',
    '20',
    '17',
    '3',
    '0',
    '2026-11-24 18:53:02Z',
  ]);
});

test('with --json the answer is printed as it is, for programs', async () => {
  const { code, printed } = await api.run('campaigns --json');
  assert.deepEqual([code, JSON.parse(printed)], [0, [campaign]]);
});

test('one campaign is shown with the reason of its pause; one that there is not ends with 1', async () => {
  const ended = await api.run('campaign c1');
  assert.match(ended.printed, /^paused: by hand$/m);
  assert.match(ended.printed, /No server has sent for it yet/);
  assert.deepEqual(await api.run('campaign c2'), { code: 1, printed: '', complained: 'there is no campaign c2' });
});

test('a refused start says why and ends with 1; what is taken says what became of it', async () => {
  assert.deepEqual(await api.run('start c1'), { code: 1, printed: '', complained: 'the campaign is FINISHED' });
  assert.deepEqual(api.asked[0]!.variables, { input: { id: 'c1' } });
  const taken = await api.run('resume c1');
  assert.equal(taken.code, 0);
  assert.match(
    taken.printed,
    /^Spring is SENDING\. \[█{30}\] 100\.0 % {2}17 of 20 accepted, 0 deferred, 3 bounced, 0 unknown$/,
  );
});

test('a test goes to the address that was named, and can be followed', async () => {
  assert.deepEqual(await api.run('test c1 me@example.net'), {
    code: 0,
    printed: 'A test of Spring goes to me@example.net. To follow it: watch t1',
    complained: '',
  });
  assert.deepEqual(api.asked[0]!.variables, { input: { campaignId: 'c1', to: ['me@example.net'] } });
});
