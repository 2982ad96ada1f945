/** Recipients whose mail nobody knows of are sent to once more, because somebody asked. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { shareOf, startSink, type Sink } from '@sendpool/testing';
import { lookAtCampaign, shortDoubt } from './engine-scene.ts';
import { command, endStage, isFinished, setStage, waitUntil, type Stage } from './stage.ts';

const recipients = 300;

const resend = `mutation ($input: ResendRecipientsInput!) { resendRecipients(input: $input) {
  ... on ResendPayload { resend { count } } ... on Refused { errors { message path } } } }`;

describe('resend', () => {
  let sink: Sink;
  let stage: Stage;

  before(async () => {
    sink = await startSink();
    stage = await setStage({ targets: [{ name: 'only', port: sink.port, weight: 1 }], recipients, env: shortDoubt });
  });

  after(async () => {
    await endStage(stage);
    await sink.stop();
  });

  const copies = (): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const { to } of sink.received) counts.set(to, (counts.get(to) ?? 0) + 1);
    return counts;
  };

  it('sends to those that are UNKNOWN once more, once for each request, and writes down who asked', async () => {
    sink.setBehaviour(({ to }) => (shareOf(to) < 0.1 ? { at: 'END_OF_DATA', do: 'CLOSE_AFTER_DOT' } : undefined));
    await command(stage, 'startCampaign');
    const { progress } = await waitUntil(stage, isFinished);
    assert.ok(progress.unknown > 10);
    sink.setBehaviour(undefined);
    const input = { campaignId: stage.campaignId, states: ['UNKNOWN'], idempotencyKey: 'once' };
    for (let time = 0; time < 2; time += 1) {
      const answer = await stage.api.run<{ resendRecipients: { resend: { count: number } } }>(resend, { input });
      assert.equal(answer.resendRecipients.resend.count, progress.unknown);
    }
    const again = await waitUntil(stage, (look) => isFinished(look) && look.progress.unknown === 0);
    assert.equal(again.progress.accepted, recipients);
    const twice = [...copies()].filter(([, count]) => count === 2);
    assert.equal(twice.length, progress.unknown);
    assert.equal(sink.received.length, recipients + progress.unknown);
    const { resends } = await lookAtCampaign(stage);
    assert.deepEqual(
      resends.map(({ count, states }) => ({ count, states })),
      [{ count: progress.unknown, states: ['UNKNOWN'] }],
    );
  });
});
