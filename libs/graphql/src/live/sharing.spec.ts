import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createChannel, type Channel } from './channel.ts';
import type { Frame } from './frame.ts';
import { createSharing } from './sharing.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A log of numbers; a page is all numbers from one place to another. */
const pageOf = (from: number, to: number): Frame => ({
  text: JSON.stringify(Array.from({ length: to - from }, (_, at) => from + at)),
  place: String(to),
});

const step = fc.oneof(
  fc.record({ kind: fc.constant('APPEND' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constantFrom('SHARED' as const, 'OWN' as const), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ kind: fc.constant('TAKE' as const), count: fc.constant(1) }),
);

it('gives every event behind a cursor once and in order to who joins the shared stream, wherever the pages of both end', async () => {
  let joined = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(10), fc.nat(10), fc.array(step, { maxLength: 80 }), async (begin, more, steps) => {
      let end = begin + more;
      let [ownAt, sharedAt] = [begin, end];
      let shared: Channel<Frame> | undefined;
      const own: Channel<Frame> = createChannel<Frame>({ maxValues: 1000, onClose: () => (joined += 1) });
      const open = async (): Promise<Channel<Frame>> => (shared = createChannel<Frame>({ maxValues: 1000 }));
      const stream = createSharing().join(own, { key: 'k', isState: false, open });
      await turn();
      const seen: number[] = [];
      let asked: Promise<void> | undefined;
      const read = async (): Promise<void> => {
        const { value } = await stream.next();
        seen.push(...(JSON.parse(value?.text ?? '[]') as number[]));
        asked = undefined;
      };
      const take = async (): Promise<void> => {
        asked ??= read();
        await turn();
      };
      for (const { kind, count } of steps) {
        if (kind === 'APPEND') end += count;
        if (kind === 'TAKE') await take();
        if (kind === 'OWN' && ownAt < end) own.push(pageOf(ownAt, (ownAt = Math.min(end, ownAt + count))));
        if (kind === 'SHARED' && sharedAt < end)
          shared!.push(pageOf(sharedAt, (sharedAt = Math.min(end, sharedAt + count))));
        await turn();
      }
      own.push(pageOf(ownAt, end + 1));
      shared!.push(pageOf(sharedAt, end + 1));
      await turn();
      for (let tries = 0; tries < 100; tries += 1) await take();
      assert.deepEqual(
        seen,
        Array.from({ length: end + 1 - begin }, (_, at) => begin + at),
      );
    }),
  );
  assert.ok(joined > 20, `${joined} joined`);
});
