/** Webhooks of a cluster on Kafka: two schedulers share the topics, one of them dies for good, and a receiver that verifies gets everything. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { behaviourOf, startSink, type Sink } from '@sendpool/testing';
import { startReceiver, type Receiver } from '../../apps/scheduler/src/api/webhooks/receiver.fixture.ts';
import { whyNoBroker } from '../../tools/kafka/jars.ts';
import { clusterOf } from './cluster-scene.ts';
import { command, endStage, hasSent, isFinished, setStage, waitUntil, type Look, type Stage } from './stage.ts';

const recipients = 2000;
const forGood = 3_600_000;
/** A member that is gone leaves its group within ten seconds; then the other has its lanes. */
const patienceMs = 60_000;

const made = `... on WebhookSecretPayload { secret } ... on Refused { errors { message path } }`;

describe('webhooks of a cluster', { skip: whyNoBroker() }, () => {
  let sink: Sink;
  let stage: Stage;
  let receiver: Receiver;
  before(async () => {
    const refusal = { share: 0.1, fault: { at: 'RCPT', do: 'REPLY', code: 550, text: '5.1.1 no such user' } } as const;
    sink = await startSink({ delayMs: 10, behave: behaviourOf([refusal], Math.random) });
    receiver = await startReceiver();
    stage = await setStage({
      targets: [{ name: 'server', port: sink.port, weight: 1, messagesPerSecond: 150 }],
      recipients,
      shape: clusterOf({ scheduler: 2 }),
      env: { WEBHOOK_ALLOW_PRIVATE: 'true' },
    });
  });
  after(async () => {
    await endStage(stage);
    await receiver[Symbol.asyncDispose]();
    await sink.stop();
  });

  const makeWebhook = async (path: string, events: readonly string[]): Promise<void> => {
    const { createWebhook } = await stage.api.run<{ createWebhook: { secret: string } }>(
      `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { ${made} } }`,
      { input: { name: path, url: receiver.url(path), events, campaignId: stage.campaignId } },
    );
    receiver.secrets.set(path, createWebhook.secret);
  };
  const countOf = (outcome: string): number =>
    new Set(
      receiver
        .events('/events')
        .filter((event) => event.outcome === outcome)
        .map(({ id }) => id),
    ).size;
  /** By message: one that was under way when its scheduler died comes again. */
  const statuses = (): string[] => [
    ...new Map(receiver.at('/campaign').map(({ id, message }) => [id, String(message.data['status'])])).values(),
  ];
  const toldOf = () => [countOf('ACCEPTED'), countOf('BOUNCED'), statuses().toSorted()];
  const untilTold = async ({ progress }: Look): Promise<void> => {
    const wanted = [progress.accepted, progress.bounced, ['FINISHED', 'PREPARING', 'SENDING']];
    for (let waited = 0; waited < patienceMs; waited += 100, await sleep(100))
      if (JSON.stringify(toldOf()) === JSON.stringify(wanted)) return;
    assert.deepEqual(toldOf(), wanted);
  };

  it('every outcome and every status arrives, also when a scheduler dies in mid-campaign, each in one message', async () => {
    await makeWebhook('/events', ['ACCEPTED', 'BOUNCED', 'UNKNOWN', 'EXPIRED']);
    await makeWebhook('/campaign', ['CAMPAIGN_STATUS']);
    await command(stage, 'startCampaign');
    await waitUntil(stage, hasSent(0.2));
    stage.system.processes.kill('scheduler-1', { awayMs: forGood });
    const end = await waitUntil(stage, isFinished);
    assert.equal(end.progress.accepted + end.progress.bounced, recipients);
    assert.ok(end.progress.bounced > 0);
    await untilTold(end);
    const messagesOf = Map.groupBy(
      receiver
        .at('/events')
        .flatMap(({ id, message }) =>
          (message.data['events'] as { id: string; email: string }[]).map((event) => ({ message: id, event })),
        ),
      ({ event }) => event.id,
    );
    for (const [id, copies] of messagesOf) assert.equal(new Set(copies.map(({ message }) => message)).size, 1, id);
    const addresses = new Set([...messagesOf.values()].map(([copy]) => copy!.event.email));
    assert.deepEqual(addresses, new Set(stage.addresses));
    assert.deepEqual(receiver.refused, []);
  });
});
