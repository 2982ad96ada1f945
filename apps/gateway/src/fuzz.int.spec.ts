/** A bounded run of malformed bodies and random valid operations, replayable from its seed: nothing crashes, nothing leaks out, nothing piles up. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seededRandom } from '@sendpool/kernel';
import { buildSchema } from 'graphql';
import { randomOperation, type Made, type Random } from './operations.fixture.ts';
import { publicSdl, startScene, type Answer, type Scene } from './scene.fixture.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 6);
const runs = Number(process.env['FUZZ_RUNS'] ?? 250);

const schema = buildSchema(publicSdl());

/** Stacks, files, addresses of services, and what the environment holds. */
const inside = /\\n +at |node_modules|\.ts:\d|file:\/\/|127\.0\.0\.1|ECONN|postgres|sssss|SELECT |undici/;

const judge = ({ status, text }: Answer, what: unknown): void => {
  const about = `seed ${seed}: ${JSON.stringify(what).slice(0, 2000)} -> ${status} ${text.slice(0, 500)}`;
  assert.ok(status < 500, about);
  assert.doesNotMatch(text, inside, about);
  assert.ok(!text.includes('"INTERNAL"'), about);
};

const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)]!;

const hostile: readonly unknown[] = [
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
const spoil = (made: Made, random: Random): string => {
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
const noise = (random: Random): Uint8Array =>
  Uint8Array.from({ length: Math.floor(random() * 2000) }, () => random() * 256);

const contentTypes = [
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  '',
];

const collect = (): number => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
};

describe(`the gateway, asked ${runs} times each by chance (seed ${seed})`, () => {
  let scene: Scene;
  const random = seededRandom(seed);
  const roots = [schema.getQueryType()!, schema.getMutationType()!];
  const operation = (): Made => {
    const root = pick(roots, random);
    return randomOperation(root === roots[0] ? 'query' : 'mutation', root, random);
  };
  const many = async (): Promise<void> => {
    for (let run = 0; run < runs; run += 1)
      await scene.ask(run % 2 === 0 ? operation() : spoil(operation(), random), 'ADMIN');
  };
  before(async () => {
    scene = await startScene({ RATE_LIMIT_PER_MINUTE: '1000000000' });
  });
  after(() => scene.stop());

  it('answers each valid operation with data, or says which bound it exceeds', async () => {
    let answered = 0;
    for (let run = 0; run < runs; run += 1) {
      const made = operation();
      const answer = await scene.ask(made, 'ADMIN');
      judge(answer, made);
      const code = answer.errors?.[0]?.extensions['code'];
      if (answer.data !== undefined && answer.data !== null) answered += 1;
      else
        assert.ok(
          code === 'OPERATION_TOO_COSTLY' ||
            code === 'GRAPHQL_VALIDATION_FAILED' ||
            /more that 2000 tokens/.test(answer.text),
          `${JSON.stringify(made)} -> ${answer.text}`,
        );
    }
    assert.ok(answered > runs / 2, `${answered} answered`);
  });

  it('refuses what is malformed, with the same care', async () => {
    for (let run = 0; run < runs; run += 1) {
      const body = run % 5 === 0 ? noise(random) : spoil(operation(), random);
      const headers = {
        'content-type': pick(contentTypes, random),
        accept: pick(['*/*', 'text/event-stream', 'application/graphql-response+json'], random),
      };
      judge(await scene.ask(body, 'ADMIN', run % 2 === 0 ? {} : headers), body.toString());
    }
  });

  it('complained of nothing in its log, and answers as before', async () => {
    assert.deepEqual(scene.complaints, []);
    assert.deepEqual((await scene.ask({ query: '{ statsLag { counted } }' })).data, { statsLag: { counted: '7' } });
  });

  it('holds no more memory and no more handles after many requests than after some', async () => {
    await many();
    const before = { heap: collect(), handles: process.getActiveResourcesInfo().length };
    await many();
    const grown = collect() - before.heap;
    assert.ok(grown < 15e6, `${Math.round(grown / 1e6)} MB more`);
    assert.ok(process.getActiveResourcesInfo().length <= before.handles + 10);
  });
});
