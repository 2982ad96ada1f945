import { test } from 'node:test';
import { describeEventLog, type CreateHarness } from '../conformance/index.ts';
import { connectPeer } from './testing.ts';

const brokerAddress = process.env['SENDPOOL_TEST_KAFKA']?.split(',')[0];

/** Cases have topics and groups of their own, so they can share a broker with everything else. */
const createHarness: CreateHarness = async () => ({
  connect: (applicationName) => connectPeer(brokerAddress!, { applicationName }),
  close: () => Promise.resolve(),
});

if (brokerAddress === undefined)
  test('the event log on Kafka', { skip: process.env['SENDPOOL_NO_KAFKA'] ?? 'SENDPOOL_TEST_KAFKA is not set' });
else describeEventLog('Kafka', createHarness);
