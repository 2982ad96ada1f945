import assert from 'node:assert/strict';
import { sleep } from '@sendpool/kernel';
import { freshDatabase } from '@sendpool/database/testing';
import { createLink, describeEventLog, type CreateHarness } from '../conformance/index.ts';
import { createPostgresEventLog } from './event-log.ts';

const createHarness: CreateHarness = async () => {
  const database = await freshDatabase();
  const target = new URL(database.url);
  return {
    connect: async (name) => {
      const link = await createLink({ host: target.hostname, port: Number(target.port) });
      const url = new URL(database.url);
      url.port = String(link.port);
      const log = await createPostgresEventLog({ url: url.href, applicationName: name, retentionIntervalMs: 200 });
      const close = async (): Promise<void> => {
        link.restore();
        await log.close();
        await link.close();
      };
      const loseSignals = async (): Promise<void> => {
        // Its connection is made anew, and then the answer to LISTEN never comes, nor any signal.
        link.loseAnswerTo('listen event_log');
        link.cut();
        link.restore();
        await sleep(500);
        assert.equal(log.isReady(), false, 'nobody listens');
      };
      return { log, link, loseSignals, close };
    },
    close: async () => database[Symbol.asyncDispose](),
  };
};

describeEventLog('PostgreSQL', createHarness);
