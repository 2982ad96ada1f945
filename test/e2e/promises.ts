/** What must hold of a campaign, whatever happened to it: the word of the SMTP servers against that of the API. */
import assert from 'node:assert/strict';
import type { Sink } from '@sendpool/testing';
import { addressesIn, settledStats } from '../../apps/standalone/demo/report.ts';
import type { Look, Stage } from './stage.ts';

const copiesAt = (sinks: readonly Sink[]): Map<string, number> => {
  const copies = new Map<string, number>();
  for (const { received } of sinks) for (const { to } of received) copies.set(to, (copies.get(to) ?? 0) + 1);
  return copies;
};

/** Nobody got it twice, nobody is lost unless the campaign was cancelled, the states add up, and statistics say the same. */
export const checkPromises = async (stage: Stage, sinks: readonly Sink[], { progress }: Look): Promise<void> => {
  const copies = copiesAt(sinks);
  const unknown = await addressesIn(stage.api, stage.campaignId, 'UNKNOWN');
  const { total, accepted, cancelled } = progress;
  assert.equal(total, stage.addresses.length);
  assert.equal(accepted + progress.unknown + cancelled, total, JSON.stringify(progress));
  const doubled = [...copies.values()].filter((count) => count > 1);
  assert.deepEqual(doubled, [], 'a recipient got it twice');
  const missing = stage.addresses.filter((address) => !copies.has(address) && !unknown.has(address));
  assert.equal(missing.length, cancelled, 'a recipient was lost');
  const stats = await settledStats(stage.api, stage.campaignId);
  const counted = stats.reduce((sum, server) => sum + Number(server.accepted), 0);
  assert.equal(counted, accepted, 'statistics differ');
};
