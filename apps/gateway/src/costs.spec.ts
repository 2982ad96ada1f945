/** The costs of the public schema: what people ask is far below the limit, and what would hurt is above it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createCostOf, limits } from '@sendpool/graphql';
import { buildSchema, getNullableType, isListType, isObjectType, parse, validate } from 'graphql';
import { costs } from './costs.ts';

const schema = buildSchema(readFileSync(new URL('../public.graphql', import.meta.url), 'utf8'));
const costOf = (text: string): number => {
  const document = parse(text);
  assert.deepEqual(validate(schema, document), []);
  return createCostOf(schema, costs)(document, undefined, {});
};

describe('the table of costs', () => {
  it('names fields that are there, and rows of lists only', () => {
    for (const [place, { rows }] of Object.entries(costs)) {
      const [type, field] = place.split('.') as [string, string];
      const parent = schema.getType(type);
      assert.ok(isObjectType(parent) && field in parent.getFields(), place);
      const isList = isListType(getNullableType(parent.getFields()[field]!.type));
      assert.equal(isList, rows !== undefined, place);
    }
  });

  const stats = 'stats { attempted byProvider { provider attempted } bounceVerdict { words } }';
  it('leaves an overview of a hundred servers, and a page of fifty campaigns with pools, servers and stats, well within the limit', () => {
    assert.ok(
      costOf(`{ sendingServers(first: 100) { nodes { id name health { queueDepth } ${stats} } } }`) < limits.cost / 3,
    );
    const page =
      '{ campaigns(first: 50) { nodes { id progress { done } sendingSettings { pool { members { server { id stats { attempted } } } } } } } }';
    assert.ok(costOf(page) < limits.cost / 3, String(costOf(page)));
  });

  it('counts contents of half a megabyte, and each look at templates, as work', () => {
    const page = (fields: string) => costOf(`{ campaigns(first: 50) { nodes { id ${fields} } } }`);
    assert.equal(page('html text') - page(''), 50 * 40);
    const schedule = 'mutation { scheduleCampaign(input: { id: "1", at: "2027-01-01T00:00:00Z" }) { __typename } }';
    assert.ok(costOf(schedule) >= 100, String(costOf(schedule)));
  });

  it('puts lists inside lists inside lists above it', () => {
    const deep = '{ campaigns(first: 100) { nodes { recipients(first: 100) { nodes { email } } } } }';
    assert.ok(costOf(deep) > limits.cost);
    const wide = `{ pools(first: 100) { nodes { members { server { minutes(last: 1440) { at } } } } } }`;
    assert.ok(costOf(wide) > 10 * limits.cost);
  });
});
