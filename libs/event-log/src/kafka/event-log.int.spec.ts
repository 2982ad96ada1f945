import { test } from 'node:test';
import { createLink, describeEventLog, type CreateHarness } from '../conformance/index.ts';
import { createKafkaEventLog } from './event-log.ts';

const brokerAddress = process.env['SENDPOOL_TEST_KAFKA'];

/** Cases have topics and groups of their own, so they can share a broker with everything else. */
const createHarness: CreateHarness = async () => {
  const [host = '', port = ''] = brokerAddress!.split(':');
  return {
    connect: async (name) => {
      const link = await createLink({ host, port: Number(port) });
      const log = await createKafkaEventLog({
        url: `kafka://${brokerAddress}?replication=1&minInsync=1`,
        applicationName: name,
        route: () => ({ host: '127.0.0.1', port: link.port }),
        onWarning: () => undefined,
      });
      const close = async (): Promise<void> => {
        link.restore();
        await log.close();
        await link.close();
      };
      return { log, link, close };
    },
    close: () => Promise.resolve(),
  };
};

if (brokerAddress === undefined)
  test('the event log on Kafka', { skip: process.env['SENDPOOL_NO_KAFKA'] ?? 'SENDPOOL_TEST_KAFKA is not set' });
else describeEventLog('Kafka', createHarness);
