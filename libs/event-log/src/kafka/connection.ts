/** One TCP connection to a broker. Every request has a deadline; a connection that missed one is closed, and never opened again. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AppError, messageOf } from '@sendpool/kernel';
import { KafkaError, wrap } from './faults.ts';
import { calmQueue, createLogger, definitionOf, RawConnection, type ApiVersions, type Definition } from './kafkajs.ts';
import { ownDefinition } from './own-requests.ts';
import type { RequestName, Requests } from './protocol.ts';
import { bestVersion, checkVersions, foreignVersions } from './versions.ts';

export type Address = { host: string; port: number };
export type ConnectionSettings = {
  applicationName: string;
  tls?: { ca?: string };
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string };
  /** Where to connect instead: a relay in tests. */
  route?: (address: Address) => Address;
  log?: (message: string) => void;
};

export type Connection = {
  /** False once it failed, was closed, or has to log in anew. */
  isOpen(): boolean;
  /** Throws a KafkaError. TIMED_OUT after `deadlineMs`, 20 s when not given. */
  request<Name extends RequestName>(
    name: Name,
    ask: Requests[Name]['ask'],
    deadlineMs?: number,
  ): Promise<Requests[Name]['answer']>;
  /** Requests under way fail with CLOSED. */
  close(): void;
};

const openMs = 5000;
const answerMs = 20_000;
const keepAliveMs = 10_000;

/** Checked by kafkajs: a code in the answer throws. */
const checked: ReadonlySet<string> = new Set<RequestName>([
  ...(['ApiVersions', 'GroupCoordinator', 'JoinGroup', 'SyncGroup', 'Heartbeat', 'LeaveGroup'] as const),
  ...(['OffsetFetch', 'OffsetCommit', 'AlterTopicSettings', 'InitProducerId'] as const),
]);
const unparsed = (decoded: unknown): Promise<unknown> => Promise.resolve(decoded);

const define = (name: RequestName, ask: object, versions: ApiVersions): Definition => {
  const definition = ownDefinition(name, ask) ?? definitionOf(name, bestVersion(name, versions), ask);
  if (checked.has(name)) return definition;
  return { request: definition.request, response: { decode: definition.response.decode, parse: unparsed } };
};

type Link = { raw: RawConnection; socket: () => Socket | undefined };

const createLink = (address: Address, settings: ConnectionSettings): Link => {
  let socket: Socket | undefined;
  const raw = new RawConnection({
    ...address,
    clientId: settings.applicationName,
    ssl: settings.tls ?? null,
    sasl: settings.sasl === undefined ? null : { ...settings.sasl },
    connectionTimeout: openMs,
    requestTimeout: answerMs,
    enforceRequestTimeout: false,
    logger: createLogger(settings.log ?? (() => undefined)),
    socketFactory: ({ host, port, ssl, onConnect }) => {
      const place = settings.route?.({ host, port }) ?? { host, port };
      // The certificate is checked against the name that was configured, wherever the connection goes.
      socket = ssl
        ? connectTls({ ...place, ...ssl, ...(/[a-z]/i.test(host) && { servername: host }) }, onConnect)
        : connectTcp(place, onConnect);
      return socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
    },
  });
  calmQueue(raw.requestQueue);
  return { raw, socket: () => socket };
};

/** Races `work` with a deadline. */
const inTime = async <T>(work: Promise<T>, ms: number, onLate: () => Error): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(onLate()), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

const readVersions = async (raw: RawConnection): Promise<ApiVersions> => {
  const { apiVersions } = (await raw.send(definitionOf('ApiVersions', 2, {}))) as Requests['ApiVersions']['answer'];
  return Object.fromEntries(
    apiVersions.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { minVersion, maxVersion }]),
  );
};

const handshake = async ({ raw }: Link): Promise<ApiVersions> => {
  await raw.connect();
  const versions = await readVersions(raw).catch((error: unknown) => {
    throw (error as { type?: string }).type === 'UNSUPPORTED_VERSION' ? foreignVersions(error) : error;
  });
  raw.setVersions(versions);
  raw.setSupportAuthenticationProtocol(true);
  await raw.authenticate();
  checkVersions(versions);
  return versions;
};

/** Throws KafkaError CONNECTION or TIMED_OUT, or AppError BAD_CONFIGURATION: log-in refused, or versions that do not meet. */
export const openConnection = async (address: Address, settings: ConnectionSettings): Promise<Connection> => {
  const where = `${address.host}:${address.port}`;
  const link = createLink(address, settings);
  let end: KafkaError | undefined;
  const closeFor = (error: KafkaError): KafkaError => {
    end ??= error;
    // An error makes kafkajs fail what is under way; without one it would wait for the answers.
    link.socket()?.destroy(error);
    return error;
  };
  const timedOut = (what: string) => () =>
    closeFor(new KafkaError('TIMED_OUT', `${what} to ${where}: no answer in time`, { passes: true }));
  const failure = (error: unknown, what: string): unknown => {
    if (end !== undefined) return end;
    const wrapped = wrap(error, `${what} to ${where}`);
    if (wrapped instanceof KafkaError || wrapped instanceof AppError) return wrapped;
    // An answer that cannot be read leaves the connection out of step.
    return closeFor(
      new KafkaError('CONNECTION', `${what} to ${where}: ${messageOf(error)}`, { passes: true, cause: error }),
    );
  };
  const shut = new KafkaError('CLOSED', `the connection to ${where} is closed`, { passes: true });
  try {
    const versions = await inTime(handshake(link), 2 * openMs, timedOut('connecting'));
    return {
      isOpen: () =>
        end === undefined && link.raw.isConnected() && (settings.sasl === undefined || link.raw.isAuthenticated()),
      request: async (name, ask, deadlineMs = answerMs) => {
        if (end !== undefined) throw end;
        try {
          return (await inTime(link.raw.send(define(name, ask, versions)), deadlineMs, timedOut(name))) as never;
        } catch (error) {
          throw failure(error, name);
        }
      },
      close: () => void closeFor(shut),
    };
  } catch (error) {
    const fault = failure(error, 'connecting');
    closeFor(shut);
    throw fault;
  }
};
