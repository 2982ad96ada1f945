/**
 * A group member as a process of its own, for specs that stop or kill it. Every few milliseconds it has an effect, unless its epoch says
 * that it is dead; of the first moment in which it finds itself dead it tries to commit all the same. It tells what happens line by line.
 */
import { writeSync } from 'node:fs';
import { isAppError } from '@sendpool/kernel';
import type { Epoch } from '../port.ts';
import { createKafkaEventLog } from './event-log.ts';

export type MemberOptions = {
  url: string;
  topic: string;
  group: string;
  sessionTimeoutMs: number;
  stateFolder?: string;
};

/** What it says. */
export type MemberLine =
  | { kind: 'ASSIGNED'; generation: number; partitions: number[] }
  | { kind: 'EFFECT'; generation: number }
  | { kind: 'LATE_COMMIT'; result: string }
  | { kind: 'REVOKED'; generation: number; reason: string };

const { url, topic, group, sessionTimeoutMs, stateFolder } = JSON.parse(process.argv[2]!) as MemberOptions;
const effectMs = 5;

// At once: nothing may wait in a buffer when the process is stopped.
const say = (line: MemberLine): void => void writeSync(1, `${JSON.stringify(line)}\n`);

const commitLate = async (epoch: Epoch): Promise<void> => {
  const commits = epoch.partitions.map((partition) => ({ partition, offset: 99, metadata: 'zombie' }));
  const result = await epoch.commit(commits).then(
    () => 'STORED',
    (error: unknown) => (isAppError(error) ? error.code : String(error)),
  );
  say({ kind: 'LATE_COMMIT', result });
};

const work = (epoch: Epoch): void => {
  const { generation } = epoch;
  const timer = setInterval(() => {
    if (epoch.isAlive()) return say({ kind: 'EFFECT', generation });
    clearInterval(timer);
    void commitLate(epoch);
  }, effectMs);
};

const log = await createKafkaEventLog({
  url,
  applicationName: 'member',
  onWarning: () => undefined,
  ...(stateFolder !== undefined && { stateFolder }),
});
await log.consume({
  topic,
  group,
  sessionTimeoutMs,
  onAssigned: async (epoch) => {
    say({ kind: 'ASSIGNED', generation: epoch.generation, partitions: [...epoch.partitions] });
    work(epoch);
    return undefined;
  },
  onBatch: () => Promise.resolve(),
  onRevoked: async ({ generation }, reason) => say({ kind: 'REVOKED', generation, reason }),
});
