/**
 * Wakes readers. One connection for each process listens; whoever appended tells the others by NOTIFY, after the commit and at most once
 * every few milliseconds for a topic (inside the append it would undo group commit). A lost signal costs time only: readers also look by themselves.
 */
import { sleep } from '@sendpool/kernel';
import pg from 'pg';
import { connectionConfig, type PoolOptions } from './connection.ts';

const channel = 'event_log';
const gapMs = 5;
/** A connection that does not answer is given up. */
const answerMs = 5000;

export type Signals = {
  /** Calls `onSignal` at each signal of the key, and after a lost connection came back. Returns how to stop. */
  subscribe(key: string, onSignal: () => void): () => void;
  /** Wakes readers of this process at once, and those of others soon. */
  send(key: string): void;
  isConnected(): boolean;
  close(): Promise<void>;
};

type Subscribers = Map<string, Set<() => void>>;
type State = { subscribers: Subscribers; stop: AbortController; client: pg.Client | undefined };

const wake = (subscribers: Subscribers, key: string): void => {
  for (const onSignal of subscribers.get(key) ?? []) onSignal();
};

/** Sends the keys that were named since the last time, in one statement. */
const createSender = (notify: (keys: string[]) => Promise<void>): ((key: string) => void) => {
  const waiting = new Set<string>();
  let isBusy = false;
  const run = async (): Promise<void> => {
    isBusy = true;
    while (waiting.size > 0) {
      const keys = [...waiting];
      waiting.clear();
      await notify(keys);
      await sleep(gapMs);
    }
    isBusy = false;
  };
  return (key) => {
    waiting.add(key);
    if (!isBusy) void run();
  };
};

/** Connects and listens; resolves when the connection has ended. */
const listen = async (options: PoolOptions, state: State): Promise<void> => {
  const { subscribers, stop } = state;
  const config = connectionConfig({ ...options, applicationName: `${options.applicationName} signals` });
  const client = new pg.Client({ ...config, query_timeout: answerMs });
  const ended = new Promise<void>((resolve) => {
    client.once('end', resolve);
    client.on('error', () => resolve());
    stop.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  client.on('notification', ({ payload, processId }) => {
    // Our own signals have already been given inside the process.
    if (processId !== (client as unknown as { processID: number }).processID) wake(subscribers, payload ?? '');
  });
  try {
    await client.connect();
    // A signal need not survive a crash, and so does not wait for the disk.
    await Promise.race([client.query(`set synchronous_commit to off; listen ${channel}`), ended]);
    if (stop.signal.aborted) return;
    state.client = client;
    for (const key of subscribers.keys()) wake(subscribers, key);
    await ended;
  } finally {
    state.client = undefined;
    await client.end().catch(() => undefined);
  }
};

const keepListening = async (start: () => Promise<void>, stop: AbortSignal): Promise<void> => {
  while (!stop.aborted) {
    await start().catch(() => undefined);
    await sleep(200, stop);
  }
};

export const createSignals = (options: PoolOptions): Signals => {
  const subscribers: Subscribers = new Map();
  const stop = new AbortController();
  const state: State = { subscribers, stop, client: undefined };
  const done = keepListening(() => listen(options, state), stop.signal);
  const tell = createSender(async (keys) => {
    const text = `select pg_notify('${channel}', key) from unnest($1::text[]) key`;
    await state.client?.query({ name: 'notify', text, values: [keys] }).catch(() => undefined);
  });
  return {
    subscribe: (key, onSignal) => {
      const known = subscribers.get(key) ?? new Set();
      subscribers.set(key, known.add(onSignal));
      return () => {
        known.delete(onSignal);
        if (known.size === 0 && subscribers.get(key) === known) subscribers.delete(key);
      };
    },
    send: (key) => {
      wake(subscribers, key);
      tell(key);
    },
    isConnected: () => state.client !== undefined,
    close: async () => {
      stop.abort();
      await done;
    },
  };
};
