/** For specs: what a fuzz run sends, made by chance from a seed, and what no answer may show. */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { buildSchema } from 'graphql';
import { randomOperation, type Made, type Random } from './operations.fixture.ts';
import { publicSdl } from './scene.fixture.ts';

export const seed = Number(process.env['FUZZ_SEED'] ?? 6);
export const runs = Number(process.env['FUZZ_RUNS'] ?? 250);

const schema = buildSchema(publicSdl());
const roots = {
  query: schema.getQueryType()!,
  mutation: schema.getMutationType()!,
  subscription: schema.getSubscriptionType()!,
};

export const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)]!;

/** A valid operation of one of these kinds. */
export const operationOf = (kinds: readonly (keyof typeof roots)[], random: Random): Made => {
  const kind = pick(kinds, random);
  return randomOperation(kind, roots[kind], random);
};

/** Stacks, files, addresses of services, and what the environment holds. */
const inside = /\\n +at |node_modules|\.ts:\d|file:\/\/|127\.0\.0\.1|ECONN|postgres|sssss|SELECT |undici/;

/** `text` is what came back. */
export const showsNothing = (text: string, what: unknown): void => {
  const about = `seed ${seed}: ${JSON.stringify(what)?.slice(0, 2000)} -> ${text.slice(0, 500)}`;
  assert.doesNotMatch(text, inside, about);
  assert.ok(!text.includes('"INTERNAL"'), about);
};

export const hostile: readonly unknown[] = [
  null,
  0,
  -1,
  1e308,
  '',
  '\0',
  '__proto__',
  'x'.repeat(10_000),
  [],
  [[[[]]]],
  {},
  { toString: 1 },
  { constructor: { prototype: {} } },
  true,
];

/** One thing of a good request is made wrong. */
export const spoil = (made: Made, random: Random): string => {
  const text = JSON.stringify(made);
  const at = Math.floor(random() * text.length);
  const piece = String.fromCharCode(Math.floor(random() * 0xffff));
  return pick(
    [
      () => text.slice(0, at),
      () => text.slice(0, at) + piece + text.slice(at + 1),
      () => text.slice(0, at) + text.slice(at, at + 20).repeat(1 + Math.floor(random() * 50)) + text.slice(at + 20),
      () => JSON.stringify([made, made]),
      () => JSON.stringify(pick(hostile, random)),
      () =>
        JSON.stringify({
          ...made,
          [pick(['query', 'variables', 'operationName', 'extensions', 'documentId'], random)]: pick(hostile, random),
        }),
      () =>
        JSON.stringify({
          ...made,
          variables: {
            ...made.variables,
            [pick(Object.keys({ v0: 0, ...made.variables }), random)]: pick(hostile, random),
          },
        }),
      () => JSON.stringify({ ...made, query: made.query.slice(0, at) + piece + made.query.slice(at) }),
      () => '['.repeat(1 + Math.floor(random() * 100_000)),
      () => `{"query":"{ __typename }","variables":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`,
      () => text.replaceAll('"', "'"),
    ],
    random,
  )();
};

/** Any bytes, mostly no UTF-8. */
export const noise = (random: Random): Uint8Array =>
  Uint8Array.from({ length: Math.floor(random() * 2000) }, () => random() * 256);

/** Bytes of the heap that are in use. */
export const collect = (): number => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
};
