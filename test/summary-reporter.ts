/** A node:test reporter that leaves one JSON object per project: {"passed":3,"failed":["name (file): what happened"],"skipped":["name: reason"]}. */
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

export type Summary = { passed: number; failed: string[]; skipped: string[] };

type Failed = Extract<TestEvent, { type: 'test:fail' }>['data'];

const maxReason = 500;

/** One line, so that the end of the output says what failed: the rest may be far above, or cut off. */
const failureOf = ({ name, file = 'no file', details }: Failed): string => {
  const cause: unknown = details.error.cause ?? details.error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `${name} (${relative(process.cwd(), file)}): ${reason.replaceAll(/\s+/g, ' ').slice(0, maxReason)}`;
};

export default async function* summary(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const count: Summary = { passed: 0, failed: [], skipped: [] };
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { skip, todo, name } = event.data;
    if (skip !== undefined || todo !== undefined) count.skipped.push(`${name}: ${String(skip ?? todo)}`);
    else if (event.data.details.type === 'suite') continue;
    else if (event.type === 'test:pass') count.passed += 1;
    else count.failed.push(failureOf(event.data));
  }
  yield JSON.stringify(count);
}
