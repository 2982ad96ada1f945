import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import { collect } from './collect.fixture.ts';
import { readEvents } from './read-events.ts';

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

const read = (text: string, size = text.length): Promise<unknown[]> =>
  collect(readEvents(chunks(Buffer.from(text), size)));

const next = (data: unknown): string => `event: next\ndata: ${JSON.stringify(data)}\n\n`;
const complete = 'event: complete\ndata: \n\n';

describe('events of a service', () => {
  it('are the same however their bytes are cut, in the middle of letters and of line ends too', async () => {
    const results = ['žluťoučký 🐎', '日本語', '', 'a: b\n\ncolon and lines'].map((text) => ({ data: { text } }));
    const stream = `:\n\n${results.map(next).join(':\n\n')}${complete}`;
    for (let size = 1; size <= 40; size += 1) assert.deepEqual(await read(stream, size), results, `chunks of ${size}`);
  });

  it('end at complete, whatever comes after it', async () => {
    assert.deepEqual(await read(next({ data: 1 }) + complete + next({ data: 2 })), [{ data: 1 }]);
    assert.deepEqual(await read('event: complete\ndata:\n\n'), []);
  });

  it('fail with UNAVAILABLE when they break off before it', async () => {
    for (const text of ['', next({ data: 1 }), next({ data: 1 }).slice(0, -1), `${next({ data: 1 })}event: comp`])
      await assert.rejects(read(text), (error) => isAppError(error, 'UNAVAILABLE'));
  });

  it('are read only when they are asked for', async () => {
    let taken = 0;
    async function* body(): AsyncGenerator<Uint8Array> {
      for (;;) {
        taken += 1;
        yield Buffer.from(next({ data: taken }));
      }
    }
    const events = readEvents(body());
    await events.next();
    await events.next();
    assert.equal(taken, 2);
    await events.return(undefined);
  });
});
