/** A connection of its own to the coordinator of one group, found anew whenever it is lost or moves. */
import { sleep } from '@sendpool/kernel';
import type { Broker, Client, Cluster } from './client.ts';
import { KafkaError, typeOf } from './faults.ts';

/** The coordinator, connected a moment ago. Every request is sent once. The same object for the same connection. */
export type Line = Pick<Broker, 'request'>;

export type Coordinator = {
  /** Nothing of the group has been sent when it throws. */
  reach(): Promise<Line>;
  /** Ends the connection; what is under way on it is rejected. */
  drop(): void;
  /** Drops, and reaches nobody any more. */
  close(): void;
};

const reachMs = 5000;

/** Answers after which the coordinator has to be looked for again. */
const moved = new Set(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE']);

const find = async (cluster: Cluster, group: string): Promise<Broker> => {
  const timer = new AbortController();
  const late = sleep(reachMs, timer.signal).then(() => {
    throw new KafkaError('TIMED_OUT', `the coordinator of ${group} was not found in time`, { passes: true });
  });
  try {
    return await Promise.race([cluster.coordinator(group), late]);
  } finally {
    late.catch(() => undefined);
    timer.abort();
  }
};

export const createCoordinator = (client: Client, group: string): Coordinator => {
  let cluster: Cluster | undefined;
  let current: Promise<Broker> | undefined;
  let isClosed = false;
  const lines = new WeakMap<Broker, Line>();
  const drop = (): void => {
    cluster?.close();
    cluster = undefined;
    current = undefined;
  };
  const look = (): Promise<Broker> => {
    if (isClosed) throw new KafkaError('CLOSED', `the member of ${group} is closed`, { passes: true });
    const looking = find((cluster ??= client.openCluster()), group);
    current = looking;
    looking.catch(() => current === looking && drop());
    return looking;
  };
  const lineTo = (broker: Broker): Line => {
    const line: Line = lines.get(broker) ?? {
      request: (name, ask, deadlineMs) =>
        broker.request(name, ask, deadlineMs).catch((error: unknown) => {
          if (moved.has(typeOf(error))) current = undefined;
          throw error;
        }),
    };
    lines.set(broker, line);
    return line;
  };
  return {
    reach: async () => {
      let found = current ?? look();
      let broker = await found;
      if (!broker.isOpen()) {
        // Several may find it closed at the same time; one looks.
        found = current === found || current === undefined ? look() : current;
        broker = await found;
      }
      return lineTo(broker);
    },
    drop,
    close: () => {
      isClosed = true;
      drop();
    },
  };
};
