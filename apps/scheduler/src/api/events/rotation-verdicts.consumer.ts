/** Reads the verdicts of stats, and hands on what they say about campaigns. */
import { rotationVerdictsTopic } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import { decodeOr, openedPart, type Log, type Part } from '@sendpool/service';
import type { HeedVerdict } from '../../domain/heed-verdict.ts';

/** Consumer group of the schedulers on rotation-verdicts. */
const verdictsGroup = 'sendpool.scheduler.verdicts';

export type RotationVerdictsDeps = { eventLog: Pick<EventLog, 'consume'>; heed: HeedVerdict; log: Log };

/** A verdict is heeded before its position is committed, and heeding it again changes nothing. */
export const consumeRotationVerdicts = ({ eventLog, heed, log }: RotationVerdictsDeps): Part =>
  openedPart('rotation-verdicts', () =>
    eventLog.consume({
      topic: rotationVerdictsTopic.name,
      group: verdictsGroup,
      onAssigned: async () => undefined,
      onBatch: async ({ partition, records }, epoch) => {
        for (const record of records) {
          const verdict = decodeOr(rotationVerdictsTopic, record, log);
          if (verdict !== undefined) await heed(verdict);
        }
        await epoch.commit([{ partition, offset: records.at(-1)!.offset + 1, metadata: '' }]);
      },
      onRevoked: async () => undefined,
      onError: (error) => log.warn({ error }, 'verdicts could not be heeded and are read again'),
    }),
  );
