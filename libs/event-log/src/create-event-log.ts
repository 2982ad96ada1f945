/** Chooses the adapter of the event log by the scheme of its URL. */
import { AppError } from '@sendpool/kernel';
import { createKafkaEventLog } from './kafka/event-log.ts';
import { observeEventLog, type EventLogObserver } from './observed.ts';
import type { EventLog } from './port.ts';
import { createPostgresEventLog } from './postgres/event-log.ts';

export type EventLogOptions = {
  url: string;
  applicationName: string;
  /** Kafka: a folder of this process alone that outlives it. A restarted process makes its dead group members leave at once. */
  stateFolder?: string | undefined;
  /** Told what an operator should know or change. Default: a warning of the process. */
  onWarning?: (message: string) => void;
  /** Told how long appends and commits take, and how epochs come and go. */
  observer?: EventLogObserver;
};

const openEventLog = (options: EventLogOptions): Promise<EventLog> => {
  if (/^postgres(ql)?:\/\//.test(options.url)) return createPostgresEventLog(options);
  if (options.url.startsWith('kafka://')) return createKafkaEventLog(options);
  const scheme = options.url.split(':', 1)[0] ?? '';
  return Promise.reject(
    new AppError(
      'BAD_CONFIGURATION',
      `there is no event log for the scheme ${JSON.stringify(scheme)}; use postgres:// or kafka://`,
    ),
  );
};

/** `postgres://`, `postgresql://`, or `kafka://` (its form: see kafka/location.ts). Throws AppError BAD_CONFIGURATION for another scheme, UNAVAILABLE when it cannot be reached. */
export const createEventLog = async (options: EventLogOptions): Promise<EventLog> => {
  const eventLog = await openEventLog(options);
  return options.observer === undefined ? eventLog : observeEventLog(eventLog, options.observer);
};
