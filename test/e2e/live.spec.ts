/** Delivery events and progress over WebSocket, by a client that others have written, while gateway and stats are killed and stopped. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { deliveryEventsTopic } from '@sendpool/contracts';
import { createEventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import type { FormattedExecutionResult } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { command, endStage, hasSent, isFinished, setStage, waitUntil, type Stage } from './stage.ts';

const recipients = 1500;

type Page = {
  endCursor: string;
  nodes: { id: string; recipientNumber: number; campaign: { name: string } | null; server: { name: string } | null }[];
};

const eventsQuery = `subscription ($after: String, $filter: DeliveryEventFilter) { page: deliveryEvents(after: $after, filter: $filter) {
  endCursor nodes { id recipientNumber campaign { name } server { name } } } }`;
const progressQuery = `subscription ($id: ID!) { progress: campaignProgress(campaignId: $id) { status total accepted done } }`;

/** Ids of what the log has of outcomes that are shown, in the order of their lanes. */
const logged = async (stage: Stage): Promise<string[]> => {
  const log = await createEventLog({ url: stage.system.eventLogUrl, applicationName: 'live spec' });
  try {
    const ids: string[] = [];
    for (const { partition, next } of await log.bounds(deliveryEventsTopic.name))
      for (let offset = 0; offset < next;) {
        const records = await log.read(deliveryEventsTopic.name, partition, offset, 500);
        for (const { value } of records) {
          const event = deliveryEventsTopic.decode(value);
          if (event.type === 'OUTCOME' && event.outcome !== 'RELEASED')
            ids.push(`${event.lane}-${event.sequence}-${event.outcome}`);
        }
        offset = records.at(-1)!.offset + 1;
      }
    return ids;
  } finally {
    await log.close();
  }
};

/** A fault that says something else than that the server is away for a moment. */
const isFinal = ({ errors }: { errors?: FormattedExecutionResult['errors'] | undefined }): boolean =>
  errors?.some(({ extensions }) => !['UNAVAILABLE', 'INTERNAL'].includes(String(extensions?.['code']))) ?? false;

describe('live data', () => {
  let sink: Sink;
  let stage: Stage;
  let key: string;

  before(async () => {
    sink = await startSink({ delayMs: 15 });
    stage = await setStage({ targets: [{ name: 'only', port: sink.port, weight: 1 }], recipients });
    key = stage.system.firstAdminKey!;
  });
  after(async () => {
    await endStage(stage);
    await sink.stop();
  });

  const connect = (): Client =>
    createClient({
      url: `${stage.system.gatewayUrl.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${key}` },
      retryAttempts: 0,
    });

  /** Subscribes anew each time that the stream breaks off, until `isDone`; `variables` are those of the moment. */
  const keepReading = async (
    query: string,
    variables: () => Record<string, unknown>,
    take: (data: unknown) => boolean,
  ): Promise<number> => {
    for (let breaks = 0; ; breaks += 1) {
      const client = connect();
      try {
        for await (const result of client.iterate({ query, variables: variables() })) {
          assert.ok(!isFinal(result), JSON.stringify(result));
          if (result.data !== undefined && take(result.data)) return breaks;
        }
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
      } finally {
        await client.dispose();
      }
      await sleep(100);
    }
  };

  it('brings exactly the events of the log to a client that comes back with its cursor, and the end of the campaign', async () => {
    const { page } = await stage.api.run<{ page: Page }>('{ page: deliveryEvents { endCursor nodes { id } } }', {});
    let after = page.endCursor;
    const seen: Page['nodes'][number][] = [];
    const events = keepReading(
      eventsQuery,
      () => ({ after, filter: { campaignId: stage.campaignId } }),
      (data) => {
        const { nodes, endCursor } = (data as { page: Page }).page;
        after = endCursor;
        seen.push(...nodes);
        return seen.length >= recipients;
      },
    );
    const statuses: string[] = [];
    const progress = keepReading(
      progressQuery,
      () => ({ id: stage.campaignId }),
      (data) => {
        const { progress: now } = data as { progress: { status: string } };
        statuses.push(now.status);
        return now.status === 'FINISHED';
      },
    );
    await command(stage, 'startCampaign');
    const { processes } = stage.system;
    await waitUntil(stage, hasSent(0.2));
    processes.kill('gateway');
    await waitUntil(stage, hasSent(0.4));
    processes.kill('stats');
    await waitUntil(stage, hasSent(0.6));
    processes.kill('gateway', { signal: 'SIGTERM' });
    await waitUntil(stage, isFinished);
    const breaks = await events;
    await progress;
    await sleep(500);
    assert.ok(breaks >= 3, `${breaks} breaks`);
    assert.deepEqual(seen.map(({ id }) => id).sort(), (await logged(stage)).sort());
    assert.equal(new Set(seen.map(({ recipientNumber }) => recipientNumber)).size, recipients);
    assert.ok(seen.filter((event) => event.campaign !== null && event.server?.name === 'only').length > recipients / 2);
    assert.equal(statuses.at(-1), 'FINISHED');
  });

  it('completes the progress of a campaign that is finished after one value', async () => {
    const client = connect();
    const values: unknown[] = [];
    for await (const { data } of client.iterate({ query: progressQuery, variables: { id: stage.campaignId } }))
      values.push(data);
    assert.deepEqual(values, [{ progress: { status: 'FINISHED', total: recipients, accepted: recipients, done: 1 } }]);
    await client.dispose();
  });
});
