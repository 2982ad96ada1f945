/** One message seen from the request that started its campaign to the number it became: one trace over gateway, scheduler, sender and stats. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
import { command, endStage, isFinished, setStage, waitUntil, type Stage } from './stage.ts';

const recipients = 40;

const until = async (holds: () => boolean): Promise<void> => {
  for (let attempt = 0; attempt < 300 && !holds(); attempt++) await sleep(100);
};

describe('a traced message', () => {
  let receiver: OtlpReceiver;
  let sink: Sink;
  let stage: Stage;

  before(async () => {
    receiver = await startOtlpReceiver();
    sink = await startSink({});
    stage = await setStage({
      targets: [{ name: 'server', port: sink.port, weight: 1 }],
      recipients,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
        OTEL_TRACES_SAMPLER_ARG: '1',
        AFTER_DOT_TIMEOUT_SECONDS: '5',
        UNKNOWN_MARGIN_SECONDS: '2',
      },
    });
    await command(stage, 'startCampaign');
    await waitUntil(stage, isFinished);
    await until(() => named('count outcome').length === recipients && named('record outcome').length === recipients);
  });
  after(async () => {
    delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    await endStage(stage);
    await sink.stop();
    await receiver.close();
  });

  const named = (name: string): ReceivedSpan[] => receiver.spans.filter((span) => span.name === name);

  const parentOf = ({ parentSpanId }: ReceivedSpan): ReceivedSpan | undefined =>
    receiver.spans.find(({ spanId }) => spanId === parentSpanId);

  /** From a span up to the first one of its trace, as `service: name`. */
  const wayUp = (span: ReceivedSpan): string[] => {
    const parent = parentOf(span);
    assert.ok(parent === undefined || parent.traceId === span.traceId);
    return [`${span.service}: ${span.name}`, ...(parent === undefined ? [] : wayUp(parent))];
  };

  it('is one trace over four services, each span under the one that caused it', () => {
    const start = [
      'scheduler: publish message',
      'scheduler: mutation startCampaign',
      'gateway: ask scheduler',
      'gateway: mutation startCampaign',
    ];
    const ends = { 'record outcome': 'scheduler', 'count outcome': 'stats', conversation: 'sender' };
    for (const [name, service] of Object.entries(ends)) {
      const spans = named(name);
      assert.equal(spans.length, recipients, name);
      for (const span of spans)
        assert.deepEqual(wayUp(span), [`${service}: ${name}`, 'sender: send message', ...start]);
    }
    assert.equal(new Set(named('conversation').map(({ traceId }) => traceId)).size, 1);
    assert.equal(named('mutation startCampaign').find(({ service }) => service === 'gateway')!.parentSpanId, undefined);
  });

  it('tells the steps of the sender in their order', () => {
    const [message] = named('send message');
    const parts = receiver.spans.filter(
      ({ parentSpanId, service }) => parentSpanId === message!.spanId && service === 'sender',
    );
    assert.deepEqual(
      parts.map(({ name }) => name),
      ['take in', 'wait for a connection', 'start bit', 'wait for a connection', 'conversation', 'outcome'],
    );
    const server = stage.serverIds.get('server')!;
    assert.deepEqual(parts[4]!.attributes, { 'sendpool.server': server, 'smtp.reply_class': 2 });
    assert.equal(message!.attributes['sendpool.outcome'], 'ACCEPTED');
  });

  it('carries no address and no content', () => {
    const text = JSON.stringify(receiver.spans);
    for (const address of stage.addresses) assert.ok(!text.includes(address));
    assert.doesNotMatch(text, /@|offers|Travel/);
  });
});
