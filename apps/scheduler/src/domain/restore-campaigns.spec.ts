import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CampaignRecord } from '@sendpool/contracts';
import { campaignRecordOf } from './campaign.ts';
import { restoreCampaigns } from './restore-campaigns.ts';
import type { CampaignStand } from './restore-store.ts';
import { aCampaign } from './testing.ts';

const record = (patch: Partial<CampaignRecord>): CampaignRecord => ({
  ...campaignRecordOf(aCampaign()),
  id: 'a',
  ...patch,
});

/** What a restore does with these rows and these records. */
const restore = async (rows: readonly Partial<CampaignStand>[], records: readonly CampaignRecord[]) => {
  const did: string[] = [];
  const report = await restoreCampaigns({
    records: async () => [...records],
    publish: async ({ id, status, revision }) => void did.push(`publish ${id} ${status} ${revision}`),
    store: {
      campaigns: async () =>
        rows.map((row) => ({ number: 1, id: 'a', revision: 1, status: 'SENDING', prepared: true, ...row })),
      prepare: async () => {
        did.push('prepare');
        return did.length === 1 ? 'MORE' : 'DONE';
      },
      adopt: async ({ id, status }, revision) => void did.push(`adopt ${id} ${status} ${revision}`),
      lift: async (id, revision) => void did.push(`lift ${id} ${revision}`),
    },
  });
  return { did, report };
};

test('a cancel that only the log knows is not undone', async () => {
  const { did } = await restore([{ revision: 4 }], [record({ revision: 7, status: 'CANCELLED' })]);
  assert.deepEqual(did, ['adopt a CANCELLED 1007']);
});

test('a campaign that runs gets a revision far above, once', async () => {
  const { did } = await restore([{ revision: 7 }], [record({ revision: 7, status: 'SENDING' })]);
  assert.deepEqual(did, ['lift a 1007']);
  const again = await restore([{ revision: 1007 }], [record({ revision: 7, status: 'SENDING' })]);
  assert.deepEqual(again.did, []);
});

test('a campaign that was started after the backup has its audience written down before it is adopted', async () => {
  const row = { status: 'DRAFT', revision: 1, prepared: false } as const;
  const { did } = await restore([row], [record({ revision: 4, status: 'SENDING' })]);
  assert.deepEqual(did, ['prepare', 'prepare', 'adopt a SENDING 1004']);
  const preparing = await restore([row], [record({ revision: 2, status: 'PREPARING' })]);
  assert.deepEqual(preparing.did, ['adopt a PREPARING 1002']);
});

test('the same revision with another status is that of the log', async () => {
  const { did } = await restore([{ revision: 4, status: 'SENDING' }], [record({ revision: 4, status: 'PAUSED' })]);
  assert.deepEqual(did, ['adopt a PAUSED 1004']);
});

test('a campaign that the database does not know is stopped, unless it is at its end', async () => {
  const { did, report } = await restore(
    [],
    [record({ id: 'x', revision: 5, status: 'SENDING' }), record({ id: 'y', revision: 6, status: 'FINISHED' })],
  );
  assert.deepEqual(did, ['publish x CANCELLED 1005']);
  assert.deepEqual(report.orphans, ['x']);
});

test('campaigns at their end stay as they are', async () => {
  assert.deepEqual(
    (await restore([{ revision: 6, status: 'FINISHED' }], [record({ revision: 6, status: 'FINISHED' })])).did,
    [],
  );
});
