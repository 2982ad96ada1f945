/** Settings of the embedded PostgreSQL; the durable ones are measured (docs/decisions), the throw-away ones trade safety for speed. */
import { totalmem } from 'node:os';

const sharedBuffersMb = (memoryBytes: number): number =>
  Math.max(64, Math.min(512, Math.floor(memoryBytes / 8 / 1_048_576)));

/** commit_delay stays 0 and wal_compression off: both measured worse. lz4 is not in this build and would stop the server. */
const durable = (memoryBytes: number): Record<string, string> => ({
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  shared_buffers: `${sharedBuffersMb(memoryBytes)}MB`,
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  autovacuum_naptime: '20s',
});

const throwAway = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  autovacuum_naptime: '60s',
};

const common = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '300',
  jit: 'off',
  wal_compression: 'off',
  // A transaction that is left open keeps every table from being cleaned.
  idle_in_transaction_session_timeout: '60s',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  logging_collector: 'off',
};

/** Command-line arguments for the server. */
export const settingsOf = (options: { port: number; durable: boolean; memoryBytes?: number }): string[] => {
  const settings = {
    ...common,
    port: String(options.port),
    ...(options.durable ? durable(options.memoryBytes ?? totalmem()) : throwAway),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
};
