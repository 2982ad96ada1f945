import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildSchema, parse } from 'graphql';
import { createBudget } from './budget.ts';
import { createCostOf } from './cost.ts';
import { createRateLimit } from './rate-limit.ts';

const schema = buildSchema('type Pool { id: ID } type Query { pool: Pool many(first: Int): [Pool!] }');
const actor = { keyId: 'key', role: 'READER', requestId: 'r' } as const;

const setUp = (perMinute = 100, maxCost = 60) => {
  const clock = { now: 0 };
  const rateLimit = createRateLimit({ perMinute, now: () => clock.now });
  return { clock, budget: createBudget({ costOf: createCostOf(schema), maxCost, rateLimit }) };
};
const operation = (text: string) => ({ document: parse(text), operationName: undefined, variables: {} });

const size = (document: number, values = 0) => ({ document, values });

describe('the budget of a key', () => {
  it('pays for each request, and for what is run of it', () => {
    const { budget } = setUp();
    assert.equal(budget.begin(actor, size(0)), undefined);
    assert.deepEqual(budget.check(operation('{ many(first: 40) { id } }'), actor), []);
    assert.deepEqual(budget.headersOf(actor), {
      'ratelimit-policy': '"cost";q=100;w=60',
      ratelimit: '"cost";r=50;t=30',
    });
  });

  it('refuses what is left unpaid with the time to wait, before anything is read and before anything is run', () => {
    const { budget, clock } = setUp();
    for (let turn = 0; turn < 9; turn += 1) assert.equal(budget.begin(actor, size(0)), undefined);
    const [fault] = budget.check(operation('{ many(first: 40) { id } }'), actor);
    assert.equal(fault?.extensions['code'], 'RATE_LIMITED');
    assert.equal(fault.extensions['retryAfterSeconds'], 18);
    assert.deepEqual(fault.extensions['http'], { status: 429, headers: new Map([['retry-after', '18']]) });
    assert.equal(budget.begin(actor, size(0)), undefined);
    assert.match(budget.begin(actor, size(0))?.message ?? '', /budget of 100 a minute: try again in 6 s/);
    clock.now = 6000;
    assert.equal(budget.begin(actor, size(0)), undefined);
  });

  it('takes nothing for an operation that costs too much for any budget, beside the request', () => {
    const { budget } = setUp();
    budget.begin(actor, size(0));
    const [fault] = budget.check(operation('{ many(first: 51) { id } }'), actor);
    assert.equal(fault?.extensions['code'], 'OPERATION_TOO_COSTLY');
    assert.match(budget.headersOf(actor)['ratelimit'] ?? '', /r=90/);
  });

  it('pays for the length of values', () => {
    const { budget } = setUp();
    assert.equal(budget.begin(actor, size(150, 8100)), undefined);
    assert.match(budget.headersOf(actor)['ratelimit'] ?? '', /r=48/);
  });

  it('pays for the length of a document, and for each further result of a stream', () => {
    const { budget, clock } = setUp();
    const many = operation('{ many(first: 40) { id } }');
    assert.equal(budget.begin(actor, size(4000)), undefined);
    assert.match(budget.headersOf(actor)['ratelimit'] ?? '', /r=50/);
    assert.deepEqual([budget.payMore(many, actor), budget.payMore(many, actor)], [0, 18_000]);
    clock.now = 18_000;
    assert.equal(budget.payMore(many, actor), 0);
  });
});
