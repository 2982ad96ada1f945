import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaignsTopic, type CampaignRecord } from '@sendpool/contracts';
import type { NewRecord, StoredRecord } from '@sendpool/event-log';
import { campaignRecordOf } from '../../domain/campaign.ts';
import { aCampaign } from '../../domain/testing.ts';
import { createCampaignsPublisher } from './campaigns.publisher.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A topic that hands every record to its follower, and an outbox of one campaign. */
const world = (revision: number, acknowledged: number) => {
  let onRecord: ((record: StoredRecord) => void | Promise<void>) | undefined;
  const published: CampaignRecord[] = [];
  const ahead: string[] = [];
  const told: number[] = [];
  const row = { revision, acknowledged };
  const record = (): CampaignRecord => campaignRecordOf(aCampaign({ revision: row.revision }));
  const arrive = (value: string) =>
    onRecord?.({ partition: 0, offset: 0, key: null, value: Buffer.from(value), at: 0 });
  const publisher = createCampaignsPublisher({
    eventLog: {
      publish: async (_topic: string, records: readonly NewRecord[]) => {
        for (const { value } of records) {
          published.push(campaignsTopic.decode(value));
          await arrive(value);
        }
      },
      follow: async (_topic, handler) => {
        onRecord = handler;
        return { caughtUp: Promise.resolve(), close: async () => undefined };
      },
    },
    outbox: {
      unacknowledged: async () => (row.acknowledged < row.revision ? [record()] : []),
      running: async () => [],
      acknowledge: async (records) => {
        for (const { revision: seen } of records)
          if (seen > row.acknowledged && seen <= row.revision) row.acknowledged = seen;
      },
      newerThan: async (seen) => ((seen.get(record().id) ?? 99) < row.acknowledged ? [record()] : []),
      olderThan: async (seen) =>
        [...seen]
          .map(([id, newest]) => ({ id, newest, isKnown: id === record().id }))
          .filter(({ newest, isKnown }) => !isKnown || newest > row.revision),
    },
    acknowledged: () => told.push(row.acknowledged),
    ahead: (ids) => ahead.push(...ids),
    log: quiet,
  });
  return { publisher, published, ahead, told, row, arrive, record };
};

const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

test('a new revision is published, then acknowledged', async () => {
  const { publisher, published, row } = world(2, 0);
  await publisher.start?.();
  await settle();
  await publisher.stop?.(1000);
  assert.deepEqual([published.map(({ revision }) => revision), row.acknowledged], [[2], 2]);
});

test('a revision that another process has published is acknowledged and told to the lanes, and not published again', async () => {
  const { publisher, published, told, row, arrive, record } = world(2, 2);
  await publisher.start?.();
  await settle();
  row.revision = 3;
  told.length = 0;
  await arrive(campaignsTopic.encode(record()));
  await settle();
  await publisher.stop?.(1000);
  assert.deepEqual([row.acknowledged, told, published], [3, [3], []]);
});

test('a late record of an older revision is answered by the present one', async () => {
  const { publisher, published, arrive, record } = world(3, 3);
  await publisher.start?.();
  await arrive(campaignsTopic.encode({ ...record(), revision: 2, status: 'SENDING' }));
  publisher.wake();
  await settle();
  await publisher.stop?.(1000);
  assert.deepEqual(
    published.map(({ revision }) => revision),
    [3],
  );
});

test('a record that cannot be read stops nothing', async () => {
  const { publisher, published, arrive } = world(2, 0);
  await publisher.start?.();
  await arrive('not json');
  await settle();
  await publisher.stop?.(1000);
  assert.equal(published.length, 1);
});

test('a log with a newer revision than the row stops the publisher: the database was restored', async () => {
  const { publisher, published, ahead, arrive, record } = world(3, 2);
  await publisher.start?.();
  await settle();
  await arrive(campaignsTopic.encode({ ...record(), revision: 5, status: 'CANCELLED' }));
  publisher.wake();
  await settle();
  published.length = 0;
  publisher.wake();
  await settle();
  await publisher.stop?.(1000);
  assert.deepEqual([ahead, published], [[record().id], []]);
});

test('a campaign of the log without a row stops the publisher only while it may be sent', async () => {
  const orphan = '01900000-0000-7000-8000-0000000000ff';
  for (const [status, expected] of [
    ['FINISHED', []],
    ['SENDING', [orphan]],
  ] as const) {
    const { publisher, ahead, arrive, record } = world(3, 3);
    await publisher.start?.();
    await settle();
    await arrive(campaignsTopic.encode({ ...record(), id: orphan, status }));
    publisher.wake();
    await settle();
    await publisher.stop?.(1000);
    assert.deepEqual(ahead, expected);
  }
});
