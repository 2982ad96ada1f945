import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import type { Outbox, OutboxEntry } from '../../domain/outbox.ts';
import { createPublishChanges } from './publish-changes.ts';
import { createWake } from './wake.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** One table in memory: the revision of each row, and the revision that was acknowledged. */
const createTable = () => {
  const rows = new Map<string, { revision: number; acknowledged: number }>();
  const outbox: Outbox = {
    topic: 'topic',
    pending: async (count) =>
      [...rows]
        .filter(([, row]) => row.acknowledged < row.revision)
        .slice(0, count)
        .map(([id, { revision }]) => ({ id, key: id, revision, value: `${id}@${revision}` })),
    acknowledged: async (entries: readonly OutboxEntry[]) => {
      for (const { id, revision } of entries) rows.get(id)!.acknowledged = revision;
    },
    acknowledgedRevisions: async () => [],
    repeat: async () => 0,
    lift: async () => 0,
  };
  return { rows, outbox };
};

const until = async (condition: () => boolean): Promise<void> => {
  for (let tries = 0; !condition(); tries += 1) {
    assert.ok(tries < 200, 'it did not come to pass within a second');
    await sleep(5);
  }
};

const start = async (publish: (values: string[]) => void) => {
  const { rows, outbox } = createTable();
  const wake = createWake();
  let published = 0;
  const part = createPublishChanges({
    eventLog: { publish: async (_, records) => publish(records.map(({ value }) => value)) },
    outboxes: [outbox],
    wake,
    log,
    published: (_, records) => {
      published += records;
    },
  });
  return { rows, wake, part, count: () => published };
};

describe('publishing changes', () => {
  it('publishes what was pending at the start and each change once it is woken', async () => {
    const values: string[] = [];
    const { rows, wake, part, count } = await start((batch) => values.push(...batch));
    rows.set('a', { revision: 1, acknowledged: 0 });
    await part.start!();
    await until(() => values.length === 1);
    rows.set('b', { revision: 3, acknowledged: 2 });
    wake.wake();
    await until(() => values.length === 2);
    await part.stop!(1000);
    assert.deepEqual([values, count()], [['a@1', 'b@3'], 2]);
  });

  it('tries again until the log has acknowledged, with the newest revision', async () => {
    const tries: string[] = [];
    const { rows, part } = await start((batch) => {
      tries.push(...batch);
      rows.set('a', { revision: 2, acknowledged: 0 });
      if (tries.length === 1) throw new Error('no broker');
    });
    rows.set('a', { revision: 1, acknowledged: 0 });
    await part.start!();
    await until(() => tries.length >= 2);
    await part.stop!(1000).catch(() => undefined);
    assert.deepEqual(tries.slice(0, 2), ['a@1', 'a@2']);
  });

  it('publishes all of many rows, and what is pending when it stops', async () => {
    const sizes: number[] = [];
    const { rows, part, count } = await start((batch) => sizes.push(batch.length));
    for (let row = 0; row < 250; row += 1) rows.set(`${row}`, { revision: 1, acknowledged: 0 });
    await part.start!();
    await until(() => count() === 250);
    rows.set('late', { revision: 1, acknowledged: 0 });
    await part.stop!(1000);
    assert.deepEqual(sizes, [100, 100, 50, 1]);
  });
});
