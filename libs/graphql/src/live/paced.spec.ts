import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endableOf } from './endable.ts';
import { paced } from './paced.ts';

const all = async <Value>(stream: AsyncIterable<Value>): Promise<Value[]> => {
  const values: Value[] = [];
  for await (const value of stream) values.push(value);
  return values;
};

describe('a paced stream', () => {
  it('pays for each value but the first, and waits while there is not enough', async () => {
    const answers = [30, 20, 0, 0, 0];
    const began = performance.now();
    assert.deepEqual(await all(paced(endableOf(1, 2, 3), () => answers.shift()!)), [1, 2, 3]);
    assert.deepEqual(answers, []);
    assert.ok(performance.now() - began >= 49, `${performance.now() - began} ms`);
  });

  it('ends at once while it waits, and its source with it', async () => {
    const source = endableOf(1, 2);
    const stream = paced(source, () => 60_000);
    assert.equal((await stream.next()).value, 1);
    const waiting = stream.next();
    stream.end();
    assert.equal((await waiting).done, true);
    assert.equal((await source.next()).done, true);
  });
});
