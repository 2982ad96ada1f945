/** What the start of a Kafka log makes of a broker that it cannot use: faults that no waiting heals are told at once. */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { isAppError, type AppError } from '@sendpool/kernel';
import { makeCertificate } from '@sendpool/testing';
import { createKafkaEventLog } from './event-log.ts';
import { Encoder } from './kafkajs.ts';

type Answers = Readonly<Record<number, (() => Encoder) | 'HANG_UP'>>;

const [apiVersions, saslHandshake, saslAuthenticate] = [18, 17, 36];

const rangeOf = (key: number): Encoder => new Encoder().writeInt16(key).writeInt16(0).writeInt16(1);

const versionsOf =
  (errorCode: number, keys: readonly number[] = []) =>
  (): Encoder => {
    return new Encoder().writeInt16(errorCode).writeArray(keys.map(rangeOf)).writeInt32(0);
  };

const mechanisms = (): Encoder => new Encoder().writeInt16(0).writeInt32(1).writeString('PLAIN');

const noLogin = (): Encoder => new Encoder().writeInt16(58).writeString('wrong password').writeInt32(0);

/** A broker that knows these requests; a request begins with size, key, version and correlation id. */
const answering =
  (answers: Answers) =>
  (socket: Socket): void => {
    socket.on('error', () => undefined);
    socket.on('data', (request) => {
      const answer = answers[request.readInt16BE(4)];
      if (answer === 'HANG_UP' || answer === undefined) return void socket.destroy();
      const { buf, offset } = answer();
      const head = new Encoder().writeInt32(offset + 4).writeInt32(request.readInt32BE(8));
      socket.write(Buffer.concat([head.buf.subarray(0, head.offset), buf.subarray(0, offset)]));
    });
  };

const faultOf = async (server: ReturnType<typeof createServer>, query: string): Promise<AppError> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const login = query.includes('sasl') ? 'user:wrong@' : '';
  const url = `kafka://${login}127.0.0.1:${port}?${query}`;
  const began = performance.now();
  try {
    await createKafkaEventLog({ url, applicationName: 'spec' });
  } catch (error) {
    assert.ok(isAppError(error));
    assert.ok(performance.now() - began < 3000);
    return error;
  } finally {
    server.close();
  }
  return assert.fail('it started');
};

const told = ({ code, message }: AppError): string => `${code}: ${message}`;

test('a broker that is too old to say what it understands is named as that', async () => {
  const broker = createServer(answering({ [apiVersions]: versionsOf(35) }));
  assert.match(told(await faultOf(broker, '')), /^BAD_CONFIGURATION: .*use a broker from 2\.4 to 4\.x/);
});

test('a broker that does not understand our requests is told with those that it does not', async () => {
  const broker = createServer(answering({ [apiVersions]: versionsOf(0, [saslHandshake]) }));
  assert.match(told(await faultOf(broker, '')), /^BAD_CONFIGURATION: .*Produce is unknown to it.*use a broker/);
});

const withLogin = { [apiVersions]: versionsOf(0, [saslHandshake, saslAuthenticate]), [saslHandshake]: mechanisms };

test('a wrong password is told at once', async () => {
  const broker = createServer(answering({ ...withLogin, [saslAuthenticate]: noLogin }));
  assert.match(told(await faultOf(broker, 'sasl=plain')), /^BAD_CONFIGURATION: Kafka refuses the log-in/);
});

test('a mechanism that the broker does not have is told at once', async () => {
  const broker = createServer(answering(withLogin));
  assert.match(told(await faultOf(broker, 'sasl=scram-sha-256')), /^BAD_CONFIGURATION: .*SCRAM-SHA-256/);
});

test('a connection that is lost during the log-in is no refusal: waiting may heal it', async () => {
  const broker = createServer(answering({ ...withLogin, [saslAuthenticate]: 'HANG_UP' }));
  const fault = await faultOf(broker, 'sasl=plain');
  assert.deepEqual([fault.code, fault.retriable], ['UNAVAILABLE', true]);
});

test('a certificate that is not trusted is told at once', async () => {
  const { cert, key } = await makeCertificate();
  const broker = createTlsServer({ cert, key }, answering({}));
  assert.match(
    told(await faultOf(broker, 'tls=true')),
    /^BAD_CONFIGURATION: .*certificate of the broker is not trusted/,
  );
});
