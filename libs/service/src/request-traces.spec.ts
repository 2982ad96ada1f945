import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRequestTraces } from './request-traces.ts';
import type { SpanStart, Tracing } from './tracing.ts';

const traced = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const untraced = traced.replace(/1$/, '0');

const recorder = (): { tracing: Tracing; opened: SpanStart[] } => {
  const opened: SpanStart[] = [];
  const open: Tracing['open'] = (start) => {
    opened.push(start);
    return { traceparent: traced, end: () => undefined };
  };
  return { tracing: { open, close: () => Promise.resolve() }, opened };
};

/** How many of these requests are traced. */
const countOf = (share: number | undefined, draw: number, requests: [operation: string, parent?: string][]): number => {
  const { tracing, opened } = recorder();
  const traces = createRequestTraces(tracing, share, () => draw)!;
  for (const [operation, parent] of requests) traces.request({ name: operation, operation, parent, startMs: 0 });
  return opened.length;
};

describe('the traces of requests', () => {
  it('are none without tracing', () => assert.equal(createRequestTraces(undefined, 1), undefined));

  it('are, at the public door, those of every change and of a share of the queries', () => {
    assert.equal(countOf(0.1, 0.5, [['mutation'], ['query']]), 1);
    assert.equal(countOf(0.1, 0.05, [['mutation'], ['query']]), 2);
  });

  it('are, behind it, those that the asker traces, and no others', () => {
    assert.equal(countOf(undefined, 0, [['mutation'], ['query']]), 0);
    assert.equal(
      countOf(undefined, 0, [
        ['query', traced],
        ['mutation', untraced],
        ['query', 'no traceparent'],
      ]),
      1,
    );
  });
});
