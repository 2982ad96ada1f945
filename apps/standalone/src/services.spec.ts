import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planServices } from './services.ts';
import { clusterShape } from './shape.ts';

const wiring = {
  shape: clusterShape,
  dataFolder: '/nowhere',
  databaseUrl: 'postgres://here/x',
  eventLogUrl: 'kafka://here',
  gatewayPort: 0,
  logLevel: 'info',
};
const secrets = { internalSecret: 's', credentialsKey: 'new', webhookKey: 'w', adminKeyPrefix: 'p', adminKeyHash: 'h' };

/** Names of the services that have each key. */
const holders = async (kept: object): Promise<Record<string, string[]>> => {
  const { first } = await planServices({ ...wiring, secrets: { ...secrets, ...kept } });
  const having = (name: string, value: string): string[] => [
    ...new Set(first.filter(({ env }) => env[name] === value).map(({ service }) => service)),
  ];
  return { present: having('CREDENTIALS_KEY', 'new'), previous: having('CREDENTIALS_KEY_PREVIOUS', 'old') };
};

describe('the processes of the launcher', () => {
  it('have the keys that open passwords only where passwords are opened, the one before while there is one', async () => {
    const both = ['config', 'sender'];
    assert.deepEqual(await holders({ credentialsKeyPrevious: 'old' }), { present: both, previous: both });
    assert.deepEqual(await holders({}), { present: both, previous: [] });
  });
});
