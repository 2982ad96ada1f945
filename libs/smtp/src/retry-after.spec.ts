import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterOf } from './retry-after.ts';

const minute = 60_000;

for (const [text, expected] of [
  ['Greylisted, try again in 300 seconds', 5 * minute],
  ['Please try again in 5 minutes', 5 * minute],
  ['Try again after 1 hour', 60 * minute],
  ['try later in 10 min', 10 * minute],
  ['Greylisted for 5 minutes', 5 * minute],
  ['Recipient address rejected: Greylisted for 287 seconds (see http://isg.ee.ethz.ch/tools/postgrey/)', 287_000],
  ['deferred, retry in 2 min 30 sec', 2.5 * minute],
  ['Please retry after 90s', 90_000],
  ['come back in 4 hours', 240 * minute],
  ['Please wait 15 minutes', 15 * minute],
  ['greylisting in action, please come back in 00:04:59', 299_000],
  ['try again in 04:59', 299_000],
  ['rate limited; retry-after: 120', 2 * minute],
  ['throttled, retry=60', minute],
  ['Too many connections, retry after 30', 30_000],
  ['try again in 0 seconds', 1000],
  ['try again in 90 hours', 24 * 60 * minute],
  ['too many messages, slow down', undefined],
  ['try again later', undefined],
  ['450 4.7.1 limit is 100 messages per 60 minutes', undefined],
  ['connection from 192.0.2.25 at 12:30:11', undefined],
  ['you have sent 40 messages within the day', undefined],
] as const)
  test(`"${text}" asks for ${expected === undefined ? 'no time' : `${expected / 1000} s`}`, () => {
    assert.equal(retryAfterOf(text), expected);
  });
