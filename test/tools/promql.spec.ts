import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readPromql } from './promql.ts';

describe('a PromQL expression', () => {
  it('tells its metrics, their labels, and what it groups by', () => {
    const text =
      'sum by (server) (rate(a_total{outcome=~"X|Y",server!="none"}[5m])) / on (server) group_left (name) max(b offset 10m) > 1e3';
    assert.deepEqual(readPromql(text), {
      selectors: [
        { metric: 'a_total', labels: ['outcome', 'server'], isRange: true },
        { metric: 'b', labels: [], isRange: false },
      ],
      grouping: ['server', 'server', 'name'],
    });
  });

  it('may be deep, and have its grouping behind', () => {
    const text =
      '(sum(a) by (x) or vector(0)) < -max(b) and histogram_quantile(0.99, sum by (le) (rate(c_bucket[1m])))';
    assert.deepEqual(
      readPromql(text).selectors.map(({ metric }) => metric),
      ['a', 'b', 'c_bucket'],
    );
  });

  it('is refused when it is not one', () => {
    const wrong = [
      '',
      'sum(',
      'a{b}',
      'a{b="c"',
      'rate(a)',
      'sum(a[5m])',
      'a[5m]',
      'a b',
      'nonsense(a)',
      'a + ',
      'a[5]',
      'a{b=1}',
      "a{b='c'}",
    ];
    for (const text of wrong) assert.throws(() => readPromql(text), Error, text);
  });
});
