/** Chooses the adapter of the event log by the scheme of its URL. */
import { AppError } from '@sendpool/kernel';
import type { EventLog } from './port.ts';
import { createPostgresEventLog } from './postgres/event-log.ts';

export type EventLogOptions = { url: string; applicationName: string };

/** `postgres://` or `postgresql://`. Throws AppError BAD_CONFIGURATION for another scheme, UNAVAILABLE when it cannot be reached. */
export const createEventLog = (options: EventLogOptions): Promise<EventLog> => {
  if (/^postgres(ql)?:\/\//.test(options.url)) return createPostgresEventLog(options);
  const scheme = options.url.split(':', 1)[0] ?? '';
  return Promise.reject(
    new AppError(
      'BAD_CONFIGURATION',
      `there is no event log for the scheme ${JSON.stringify(scheme)}; use postgres://`,
    ),
  );
};
