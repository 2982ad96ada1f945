export { createEventLog, type EventLogOptions } from './create-event-log.ts';
export { createKafkaEventLog, type KafkaEventLogOptions } from './kafka/event-log.ts';
export { createPostgresEventLog, type PostgresEventLogOptions } from './postgres/event-log.ts';
export type { EventLogObserver } from './observed.ts';
export type * from './port.ts';
export { endsOf } from './tail.ts';
