/** Keeps when each API key was used last, as the gateways tell. Every replica of config does: twice is the same as once. */
import { apiKeyUsesTopic, type ApiKeyUse } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import { decodeOr, openedPart, type Log, type Part } from '@sendpool/service';

export type KeyUsesDeps = { eventLog: Pick<EventLog, 'follow'>; noteUse(use: ApiKeyUse): Promise<void>; log: Log };

export const followKeyUses = ({ eventLog, noteUse, log }: KeyUsesDeps): Part =>
  openedPart('api-key-uses', () =>
    eventLog.follow(apiKeyUsesTopic.name, async (record) => {
      const use = decodeOr(apiKeyUsesTopic, record, log);
      if (use !== undefined) await noteUse(use);
    }),
  );
