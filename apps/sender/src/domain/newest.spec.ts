import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createNewest } from './newest.ts';

it('a record with an older revision that arrives late changes nothing', () => {
  const campaigns = createNewest<{ id: string; revision: number; status: string }>();
  assert.equal(campaigns.put({ id: 'c', revision: 3, status: 'SENDING' }), true);
  assert.equal(campaigns.put({ id: 'c', revision: 2, status: 'PAUSED' }), false);
  assert.equal(campaigns.put({ id: 'c', revision: 3, status: 'SENDING' }), false);
  assert.equal(campaigns.get('c')?.status, 'SENDING');
});
