/** One service after the other is gone: a page that asks all three shows what the others know, and says what is missing. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rotationVerdictsTopic } from '@sendpool/contracts';
import { newId, sleep } from '@sendpool/kernel';
import { verdictWith } from '../../apps/config/src/domain/testing.ts';
import { serviceNames, startApiScene, type ApiScene, type ServiceName } from './api-scene.ts';

const page = `{
  campaigns { nodes { name serverStats { accepted } sendingSettings { unknownPolicy pool { name members { server { stats { attempted } } } } } } }
  pools(first: 9) { nodes { name bounceReport { sends } rotationVerdicts(first: 9) { nodes { campaigns { id name } } } } }
  statsLag { behind }
}`;

const pool = (name: string) => ({ name, members: [{ server: { stats: { attempted: '0' } } }] });
const campaign = (sendingPool: object | null, serverStats: object[] | null) => ({
  nodes: [{ name: 'page', serverStats, sendingSettings: { unknownPolicy: 'HOLD', pool: sendingPool } }],
});

/** Those of a verdict in the pool. */
const blamed = (campaigns: (object | null)[]) => ({ rotationVerdicts: { nodes: [{ campaigns }] } });

/** What is left of the page, and the places that an error names. */
const expected: Record<ServiceName, (name: string, id: string) => { data: object; paths: string[] }> = {
  config: () => ({
    data: { campaigns: campaign(null, []), pools: null, statsLag: { behind: '0' } },
    paths: ['campaigns.nodes.0.sendingSettings.pool.name', 'pools'],
  }),
  scheduler: (name) => ({
    data: {
      campaigns: null,
      pools: { nodes: [{ name, bounceReport: [], ...blamed([null]) }] },
      statsLag: { behind: '0' },
    },
    paths: ['campaigns', 'pools.nodes.0.rotationVerdicts.nodes.0.campaigns.0.name'],
  }),
  stats: (name, id) => ({
    data: {
      campaigns: campaign({ ...pool(name), members: [{ server: { stats: null } }] }, null),
      pools: { nodes: [{ name, bounceReport: null, ...blamed([{ id, name: 'page' }]) }] },
      statsLag: null,
    },
    paths: [
      'campaigns.nodes.0.sendingSettings.pool.members.0.server.stats',
      'campaigns.nodes.0.serverStats',
      'pools.nodes.0.bounceReport',
      'statsLag',
    ],
  }),
};

const poolName = newId();
/** Id of the campaign of the page. */
const fill = async ({ door, eventLog }: ApiScene): Promise<string> => {
  const server = { name: newId(), host: '127.0.0.1', port: 9, tls: 'NONE', fromDomains: ['example.com'] };
  const serverId = (await door.mutate('createSendingServer', server)).id;
  const poolId = (await door.mutate('createPool', { name: poolName, members: [{ serverId, weight: 1 }] })).id;
  const audienceId = (await door.mutate('createAudience', { name: newId() })).id;
  const content = { from: { name: 'Shop', address: 'news@example.com' }, subject: 'Hi', text: 'Hi' };
  const made = { name: 'page', ...content, audienceId, sendingSettings: { poolId } };
  const { id, refusals } = await door.mutate('createCampaign', made);
  assert.deepEqual(refusals, []);
  const verdict = verdictWith({ kind: 'BAD_LIST', poolId, serverId: null, campaignIds: [id] });
  const value = rotationVerdictsTopic.encode(verdict);
  await eventLog.publish(rotationVerdictsTopic.name, [{ partition: 0, key: poolId, value }]);
  while (!(await door.query(page)).text.includes(`"campaigns":[{"id":"${id}"`)) await sleep(20);
  return id;
};

for (const gone of serviceNames) {
  describe(`while ${gone} is gone`, () => {
    let scene: ApiScene;
    let id: string;
    before(async () => {
      scene = await startApiScene();
      id = await fill(scene);
      assert.equal((await scene.door.query(page)).errors, undefined);
      await scene.end(gone);
    });
    after(() => scene.stop());

    it('is answered what the others know, with an error at each place that is empty, and no host', async () => {
      const { status, data, errors = [], text } = await scene.door.query(page);
      const { data: left, paths } = expected[gone](poolName, id);
      assert.equal(status, 200);
      const report = (data as { pools: { nodes: { bounceReport: unknown }[] } | null }).pools?.nodes[0];
      if (report !== undefined && gone === 'scheduler') report.bounceReport = [];
      assert.deepEqual(data, left);
      const places = errors.map(({ path }) => path?.join('.') ?? '');
      assert.deepEqual(places.toSorted(), paths);
      assert.deepEqual([...new Set(errors.map(({ extensions }) => extensions.code))], ['UNAVAILABLE']);
      assert.doesNotMatch(text, /127\.0\.0\.1|ECONN|:\d{4,5}\b/);
    });
  });
}
