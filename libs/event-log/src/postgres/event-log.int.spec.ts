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
      return { log, link, close };
    },
    close: async () => database[Symbol.asyncDispose](),
  };
};

describeEventLog('PostgreSQL', createHarness);
