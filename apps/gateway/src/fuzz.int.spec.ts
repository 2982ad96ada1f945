/** A bounded run of malformed bodies and random valid operations, replayable from its seed: nothing crashes, nothing leaks out, nothing piles up. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { seededRandom } from '@sendpool/kernel';
import { collect, noise, operationOf, pick, runs, seed, showsNothing, spoil } from './fuzz.fixture.ts';
import type { Made } from './operations.fixture.ts';
import { startScene, type Answer, type Scene } from './scene.fixture.ts';

const judge = ({ status, text }: Answer, what: unknown): void => {
  assert.ok(status < 500, `seed ${seed}: ${JSON.stringify(what).slice(0, 2000)} -> ${status} ${text.slice(0, 500)}`);
  showsNothing(text, what);
};

const contentTypes = [
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  '',
];

describe(`the gateway, asked ${runs} times each by chance (seed ${seed})`, () => {
  let scene: Scene;
  const random = seededRandom(seed);
  const operation = (): Made => operationOf(['query', 'mutation'], random);
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
