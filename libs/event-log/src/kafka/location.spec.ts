import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@sendpool/kernel';
import { parseLocation } from './location.ts';

const canary = 'canary7f3a';

const faultOf = (url: string, environment: NodeJS.ProcessEnv = {}): string => {
  try {
    parseLocation(url, environment);
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'BAD_CONFIGURATION', url);
    assert.ok(!error.message.includes(canary), 'no secret is told');
    return error.message;
  }
  throw new Error(`${url} was taken`);
};

test('several brokers, three copies of each record and two of them in sync are the standard', () => {
  assert.deepEqual(parseLocation('kafka://one.example:9192,two.example,[::1]:9094', {}), {
    bootstrap: [
      { host: 'one.example', port: 9192 },
      { host: 'two.example', port: 9092 },
      { host: '::1', port: 9094 },
    ],
    replication: 3,
    minInsync: 2,
  });
});

test('a single broker keeps one copy, and then one is in sync', () => {
  const { replication, minInsync } = parseLocation('kafka://one/?replication=1', {});
  assert.deepEqual([replication, minInsync], [1, 1]);
});

const sasl = (url: string) => parseLocation(url, { KAFKA_USERNAME: 'env', KAFKA_PASSWORD: 'secret' }).sasl;

test('user and password come from the URL, percent-encoded, and from the environment where it leaves them out', () => {
  assert.deepEqual(sasl('kafka://mail%40x:p%3Aa%40s:s@one?sasl=plain'), {
    mechanism: 'plain',
    username: 'mail@x',
    password: 'p:a@s:s',
  });
  assert.deepEqual(sasl('kafka://mail@one?sasl=scram-sha-256'), {
    mechanism: 'scram-sha-256',
    username: 'mail',
    password: 'secret',
  });
  assert.equal(sasl('kafka://one?sasl=scram-sha-512')?.username, 'env');
  assert.equal(sasl('kafka://one'), undefined);
});

test('TLS trusts the CA in a file, or those of the system', () => {
  const { tls } = parseLocation(`kafka://one?tls=true&ca=${import.meta.filename}`, {});
  assert.match(tls?.ca ?? '', /TLS trusts the CA in a file/);
  assert.deepEqual(parseLocation('kafka://one?tls=true', {}).tls, {});
  assert.equal(parseLocation('kafka://one?tls=false', {}).tls, undefined);
});

test('what is wrong in a URL is said, with its form and without its secrets', () => {
  const login = `user:${canary}`;
  assert.match(faultOf(`kafka://${login}@`), /cannot be read.*kafka:\/\/\[user:password@\]host:port/);
  assert.match(faultOf(`kafka://${login}@one`), /by which sasl/);
  assert.match(faultOf(`kafka://user:half?${canary}@one:9092`), /percent-encoded/);
  assert.match(faultOf(`kafka://${login}@one?sasl=gssapi`), /needs one of plain, scram-sha-256, scram-sha-512/);
  assert.match(faultOf(`kafka://${login}%zz@one?sasl=plain`), /percent-encoded/);
  assert.match(faultOf('kafka://one?sasl=plain'), /KAFKA_USERNAME and KAFKA_PASSWORD/);
  assert.match(faultOf('kafka://one:99999'), /not host:port/);
  assert.match(faultOf('kafka://one,,two'), /not host:port/);
  assert.match(faultOf('kafka://one?replicas=3'), /unknown parameter "replicas"/);
  assert.match(faultOf('kafka://one?replication=0'), /whole number from 1 on as replication/);
  assert.match(faultOf('kafka://one?replication=1&minInsync=2'), /minInsync/);
  assert.match(faultOf('kafka://one?tls=yes'), /true or false/);
  assert.match(faultOf('kafka://one?ca=x.pem'), /ca without tls=true/);
  assert.match(faultOf('kafka://one?tls=true&ca=no-such-file.pem'), /CA file that cannot be read/);
});
