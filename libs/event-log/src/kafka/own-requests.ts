/** Requests that kafkajs does not know, or that are encoded here because records pass through them as whole batches of bytes. */
import { errorOf } from './faults.ts';
import { Decoder, Encoder, type Definition } from './kafkajs.ts';
import type { FetchedPartition, RequestName, Requests, Setting } from './protocol.ts';

type Ask<Name extends RequestName> = Requests[Name]['ask'];
type Answer<Name extends RequestName> = Requests[Name]['answer'];

const encoded = (size: number, write: (bytes: Buffer) => number): Encoder => {
  const encoder = new Encoder(1);
  encoder.buf = Buffer.allocUnsafe(size);
  encoder.offset = write(encoder.buf);
  return encoder;
};

const writeText = (bytes: Buffer, text: string, at: number): number => {
  const length = bytes.write(text, at + 2);
  bytes.writeInt16BE(length, at);
  return at + 2 + length;
};

/** acks -1: all replicas in sync. No transaction, no producer id. */
const encodeProduce = ({ topic, partitions, timeoutMs }: Ask<'Produce'>): Encoder => {
  const size = partitions.reduce((sum, { batches }) => sum + batches.length + 8, 22 + Buffer.byteLength(topic));
  return encoded(size, (bytes) => {
    let at = bytes.writeInt16BE(-1, 0);
    at = bytes.writeInt16BE(-1, at);
    at = bytes.writeInt32BE(timeoutMs, at);
    at = bytes.writeInt32BE(1, at);
    at = writeText(bytes, topic, at);
    at = bytes.writeInt32BE(partitions.length, at);
    for (const { partition, batches } of partitions) {
      at = bytes.writeInt32BE(partition, at);
      at = bytes.writeInt32BE(batches.length, at);
      at += batches.copy(bytes, at);
    }
    return at;
  });
};

/** No fetch session, no transactions to wait for: readers see up to the high watermark. */
const encodeFetch = (ask: Ask<'Fetch'>): Encoder => {
  const size = 47 + Buffer.byteLength(ask.topic) + 28 * ask.partitions.length;
  return encoded(size, (bytes) => {
    let at = bytes.writeInt32BE(-1, 0);
    for (const value of [ask.maxWaitMs, ask.minBytes, ask.maxBytes]) at = bytes.writeInt32BE(value, at);
    at = bytes.writeInt8(0, at);
    for (const value of [0, -1, 1]) at = bytes.writeInt32BE(value, at);
    at = writeText(bytes, ask.topic, at);
    at = bytes.writeInt32BE(ask.partitions.length, at);
    for (const { partition, offset, maxBytes } of ask.partitions) {
      at = bytes.writeInt32BE(partition, at);
      at = bytes.writeInt32BE(-1, at);
      at = bytes.writeBigInt64BE(BigInt(offset), at);
      at = bytes.writeBigInt64BE(-1n, at);
      at = bytes.writeInt32BE(maxBytes, at);
    }
    at = bytes.writeInt32BE(0, at);
    return bytes.writeInt16BE(0, at);
  });
};

/** Size of the two numbers of an aborted transaction; there are none of ours. */
const abortedSize = 16;

const decodeFetchedPartition = (bytes: Buffer, start: number): { partition: FetchedPartition; end: number } => {
  const aborted = Math.max(0, bytes.readInt32BE(start + 30));
  const at = start + 34 + aborted * abortedSize + 4;
  const length = Math.max(0, bytes.readInt32BE(at));
  const partition = {
    partition: bytes.readInt32BE(start),
    errorCode: bytes.readInt16BE(start + 4),
    highWatermark: Number(bytes.readBigInt64BE(start + 6)),
    logStart: Number(bytes.readBigInt64BE(start + 22)),
    batches: bytes.subarray(at + 4, at + 4 + length),
  };
  return { partition, end: at + 4 + length };
};

const decodeFetch = (bytes: Buffer): Answer<'Fetch'> & { clientSideThrottleTime: number } => {
  const partitions: FetchedPartition[] = [];
  const head = { clientSideThrottleTime: bytes.readInt32BE(0), errorCode: bytes.readInt16BE(4) };
  let at = 14;
  for (let topics = bytes.readInt32BE(10); topics > 0; topics--) {
    at += 2 + bytes.readInt16BE(at);
    const count = bytes.readInt32BE(at);
    at += 4;
    for (let index = 0; index < count; index++) {
      const { partition, end } = decodeFetchedPartition(bytes, at);
      partitions.push(partition);
      at = end;
    }
  }
  return { ...head, partitions };
};

const decodeProduce = (bytes: Buffer): Answer<'Produce'> & { clientSideThrottleTime: number } => {
  const decoder = new Decoder(bytes);
  const topics = decoder.readArray((topic) => ({
    topicName: topic.readString() ?? '',
    partitions: topic.readArray((one) => {
      const partition = { partition: one.readInt32(), errorCode: one.readInt16(), baseOffset: String(one.readInt64()) };
      one.readInt64();
      one.readInt64();
      return partition;
    }),
  }));
  return { topics, clientSideThrottleTime: decoder.readInt32() };
};

const encodeSetting = ({ name, value }: Setting): Encoder =>
  new Encoder().writeString(name).writeInt8(0).writeString(value);

/** IncrementalAlterConfigs of one topic: what is not named stays as it is. */
const encodeAlter = ({ topic, settings }: Ask<'AlterTopicSettings'>): Encoder => {
  const resource = new Encoder().writeInt8(2).writeString(topic).writeArray(settings.map(encodeSetting));
  return new Encoder().writeArray([resource]).writeBoolean(false);
};

const decodeAlter = (bytes: Buffer): { clientSideThrottleTime: number; codes: number[] } => {
  const decoder = new Decoder(bytes);
  const clientSideThrottleTime = decoder.readInt32();
  const codes = decoder.readArray((one) => {
    const code = one.readInt16();
    one.readString();
    one.readInt8();
    one.readString();
    return code;
  });
  return { clientSideThrottleTime, codes };
};

const same = (decoded: unknown): Promise<unknown> => Promise.resolve(decoded);
const checkAlter = (decoded: unknown): Promise<unknown> => {
  const error = errorOf((decoded as { codes: number[] }).codes.find((code) => code !== 0) ?? 0);
  return error === undefined ? Promise.resolve({}) : Promise.reject(error);
};

type Own = { key: number; version: number; encode(ask: object): Encoder; decode(bytes: Buffer): unknown };
const own: Partial<Record<RequestName, Own & { parse: (decoded: unknown) => Promise<unknown> }>> = {
  Produce: {
    key: 0,
    version: 7,
    encode: (ask) => encodeProduce(ask as Ask<'Produce'>),
    decode: decodeProduce,
    parse: same,
  },
  Fetch: { key: 1, version: 11, encode: (ask) => encodeFetch(ask as Ask<'Fetch'>), decode: decodeFetch, parse: same },
  AlterTopicSettings: {
    key: 44,
    version: 0,
    encode: (ask) => encodeAlter(ask as Ask<'AlterTopicSettings'>),
    decode: decodeAlter,
    parse: checkAlter,
  },
};

/** Undefined for a request that kafkajs encodes. */
export const ownDefinition = (name: RequestName, ask: object): Definition | undefined => {
  const mine = own[name];
  if (mine === undefined) return undefined;
  return {
    request: {
      apiKey: mine.key,
      apiVersion: mine.version,
      apiName: name,
      encode: () => Promise.resolve(mine.encode(ask)),
    },
    response: { decode: (bytes) => Promise.resolve(mine.decode(bytes)), parse: mine.parse },
  };
};
