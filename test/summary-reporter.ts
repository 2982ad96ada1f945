/** A node:test reporter that leaves one JSON object per project: {"passed":3,"failed":0,"skipped":["name: reason"]}. */
import type { TestEvent } from 'node:test/reporters';

export type Summary = { passed: number; failed: number; skipped: string[] };

export default async function* summary(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const count: Summary = { passed: 0, failed: 0, skipped: [] };
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { skip, todo, name } = event.data;
    if (skip !== undefined || todo !== undefined) count.skipped.push(`${name}: ${String(skip ?? todo)}`);
    else if (event.data.details.type === 'suite') continue;
    else if (event.type === 'test:pass') count.passed += 1;
    else count.failed += 1;
  }
  yield JSON.stringify(count);
}
