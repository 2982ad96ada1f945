/** Reads the URL of a Kafka log. It names several brokers, so the URL class of the platform cannot read it. */
import { readFileSync } from 'node:fs';
import { AppError, messageOf } from '@sendpool/kernel';
import type { Address, ConnectionSettings } from './connection.ts';

export type KafkaLocation = Pick<ConnectionSettings, 'tls' | 'sasl'> & {
  bootstrap: readonly Address[];
  /** Copies of each record on different brokers. */ replication: number;
  /** Copies that must have a record before it counts as written. */ minInsync: number;
};

const form = /^kafka:\/\/(?:([^@/?#]*)@)?([^@/?#]+)\/?(?:\?([^#]*))?$/;
const hostForm = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/;
const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const parameters = new Set(['tls', 'ca', 'sasl', 'replication', 'minInsync']);
const shape =
  'kafka://[user:password@]host:port[,host:port...][?replication=3&minInsync=2&tls=true&ca=FILE&sasl=plain|scram-sha-256|scram-sha-512]';

/** Never quotes the URL: it may hold a password. */
const fault = (what: string): AppError =>
  new AppError('BAD_CONFIGURATION', `the Kafka URL ${what}; its form is ${shape}`);

const addressOf = (text: string): Address => {
  const [, host, port = '9092'] = hostForm.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) throw fault('names a broker that is not host:port');
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw fault('holds a user or password that is not percent-encoded');
  }
};

const countOf = (query: URLSearchParams, [name, standard]: [string, number]): number => {
  const text = query.get(name) ?? String(standard);
  if (!/^[1-9]\d?$/.test(text)) throw fault(`needs a whole number from 1 on as ${name}`);
  return Number(text);
};

const tlsOf = (query: URLSearchParams): KafkaLocation['tls'] => {
  const text = query.get('tls') ?? 'false';
  if (text !== 'true' && text !== 'false') throw fault('needs true or false as tls');
  const file = query.get('ca');
  if (text === 'false' && file !== null) throw fault('has ca without tls=true');
  if (text === 'false') return undefined;
  if (file === null) return {};
  try {
    return { ca: readFileSync(file, 'utf8') };
  } catch (error) {
    throw fault(`names a CA file that cannot be read (${messageOf(error)})`);
  }
};

const loginOf = (part: string | undefined, environment: NodeJS.ProcessEnv) => {
  const [user, ...rest] = (part ?? '').split(':');
  return {
    username: user ? decoded(user) : environment['KAFKA_USERNAME'],
    password: rest.length > 0 ? decoded(rest.join(':')) : environment['KAFKA_PASSWORD'],
  };
};

const saslOf = (query: URLSearchParams, part: string | undefined, environment: NodeJS.ProcessEnv) => {
  const wanted = query.get('sasl');
  if (wanted === null) {
    if (part !== undefined) throw fault('has a user, but does not say by which sasl it logs in');
    return undefined;
  }
  const mechanism = mechanisms.find((one) => one === wanted);
  if (mechanism === undefined) throw fault(`needs one of ${mechanisms.join(', ')} as sasl`);
  const { username, password } = loginOf(part, environment);
  if (!username || !password)
    throw fault('has sasl, but no user and password, and KAFKA_USERNAME and KAFKA_PASSWORD do not fill them in');
  return { mechanism, username, password };
};

/** What the URL leaves out of user and password comes from KAFKA_USERNAME and KAFKA_PASSWORD. Throws AppError BAD_CONFIGURATION. */
export const parseLocation = (url: string, environment: NodeJS.ProcessEnv = process.env): KafkaLocation => {
  const [, login, hosts, search] = form.exec(url) ?? [];
  if (hosts === undefined) throw fault('cannot be read');
  const query = new URLSearchParams(search ?? '');
  const unknown = [...query.keys()].find((name) => !parameters.has(name));
  // An @ here ends a password with a ? in it: its second half would be quoted.
  if (unknown !== undefined && search!.includes('@'))
    throw fault('holds a user or password that is not percent-encoded');
  if (unknown !== undefined) throw fault(`has an unknown parameter ${JSON.stringify(unknown)}`);
  const replication = countOf(query, ['replication', 3]);
  const minInsync = countOf(query, ['minInsync', Math.min(2, replication)]);
  if (minInsync > replication) throw fault('wants more copies in sync (minInsync) than there are (replication)');
  const tls = tlsOf(query);
  const sasl = saslOf(query, login, environment);
  return {
    bootstrap: hosts.split(',').map(addressOf),
    replication,
    minInsync,
    ...(tls && { tls }),
    ...(sasl && { sasl }),
  };
};
