import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestVersion, checkVersions } from './versions.ts';

const all = { minVersion: 0, maxVersion: 99 };
const fetch = 1;
const joinGroup = 11;

/** A broker that speaks everything, but for what is given. */
const broker = (but: Record<number, { minVersion: number; maxVersion: number }>) => ({
  ...Object.fromEntries(Array.from({ length: 60 }, (_, key) => [key, all])),
  ...but,
});

test('the newest version that both sides know is spoken', () => {
  assert.equal(bestVersion('JoinGroup', broker({})), 5);
  assert.equal(bestVersion('Metadata', broker({ 3: { minVersion: 0, maxVersion: 5 } })), 5);
});

test('a broker that speaks other versions is refused at once, with the names of the requests and what to do', () => {
  checkVersions(broker({ [fetch]: { minVersion: 11, maxVersion: 11 }, [joinGroup]: { minVersion: 5, maxVersion: 9 } }));
  assert.throws(() => checkVersions(broker({ [fetch]: { minVersion: 12, maxVersion: 17 } })), {
    code: 'BAD_CONFIGURATION',
    message: /Fetch: it speaks 12 to 17, Sendpool 11 to 11.*use a broker/,
  });
  assert.throws(
    () => checkVersions(broker({ [joinGroup]: { minVersion: 0, maxVersion: 4 } })),
    /JoinGroup: it speaks 0 to 4/,
  );
});

test('a broker that lacks a request is refused', () => {
  assert.throws(() => checkVersions({}), /Produce is unknown to it; .*AlterTopicSettings is unknown to it/);
});
