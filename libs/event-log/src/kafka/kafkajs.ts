/**
 * The parts of kafkajs 2.2.4 that are used, under types of our own: one connection with its SASL and framing, and the encoders of requests.
 * Its cluster, producer, consumer and admin are not used: see docs/decisions/0007. The version is pinned, for these are its inner files.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

const require = createRequire(import.meta.url);

export type Definition = {
  request: { apiKey: number; apiVersion: number; apiName: string; encode: () => Promise<Encoder> };
  response: { decode(payload: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
};
export type ApiVersions = Readonly<Record<number, { minVersion: number; maxVersion: number }>>;

type Logger = { namespace(): Logger } & Record<
  'debug' | 'info' | 'warn' | 'error',
  (message: string, extra?: object) => void
>;

type RawSasl = { mechanism: string; username: string; password: string };
type RawTls = { ca?: string };

export type RawConnection = {
  versions: ApiVersions | null;
  requestQueue: RawQueue;
  connect(): Promise<unknown>;
  authenticate(): Promise<void>;
  isConnected(): boolean;
  isAuthenticated(): boolean;
  setVersions(versions: ApiVersions): void;
  setSupportAuthenticationProtocol(isSupported: boolean): void;
  send(definition: Definition): Promise<unknown>;
};

type RawQueue = {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
};

export type Encoder = {
  buf: Buffer;
  offset: number;
  writeInt8(value: number): Encoder;
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeBoolean(value: boolean): Encoder;
  writeString(value: string | null): Encoder;
  writeArray(values: readonly Encoder[]): Encoder;
};

export type Decoder = {
  readInt8(): number;
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readString(): string | null;
  readArray<T>(read: (decoder: Decoder) => T): T[];
};

type ConnectionOptions = {
  host: string;
  port: number;
  clientId: string;
  ssl: RawTls | null;
  sasl: RawSasl | null;
  connectionTimeout: number;
  requestTimeout: number;
  enforceRequestTimeout: false;
  logger: Logger;
  socketFactory(place: { host: string; port: number; ssl: RawTls | null; onConnect: () => void }): Socket;
};

type ProtocolError = Error & { type: string; code: number; retriable: boolean };

const { requests } = require('kafkajs/src/protocol/requests') as {
  requests: Record<string, { versions: string[]; protocol(at: { version: number }): (ask: object) => Definition }>;
};
export const apiKeys = require('kafkajs/src/protocol/requests/apiKeys') as Record<string, number>;
export const RawConnection = require('kafkajs/src/network/connection') as new (
  options: ConnectionOptions,
) => RawConnection;
export const Encoder = require('kafkajs/src/protocol/encoder') as new (size?: number) => Encoder;
export const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;
export const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): ProtocolError;
};

/** The versions of a request that kafkajs can speak, ascending. */
export const versionsOf = (name: string): number[] =>
  requests[name]!.versions.map(Number).sort((one, other) => one - other);

export const definitionOf = (name: string, version: number, ask: object): Definition =>
  requests[name]!.protocol({ version })(ask);

/** kafkajs logs what it also throws; `log` gets its warnings and errors, nothing below them. */
export const createLogger = (log: (message: string) => void): Logger => {
  const logger: Logger = {
    namespace: () => logger,
    debug: () => undefined,
    info: () => undefined,
    warn: (message) => log(message),
    error: (message) => log(message),
  };
  return logger;
};

/** kafkajs would set timers for ever, of a negative time at that; a check is needed only while requests wait out a throttle. */
export const calmQueue = (queue: RawQueue): void => {
  queue.scheduleCheckPendingRequests = () => {
    if (queue.throttleCheckTimeoutId !== null || queue.pending.length === 0) return;
    const check = (): void => {
      queue.throttleCheckTimeoutId = null;
      queue.checkPendingRequests();
    };
    queue.throttleCheckTimeoutId = setTimeout(check, Math.max(10, queue.throttledUntil - Date.now()));
  };
};
