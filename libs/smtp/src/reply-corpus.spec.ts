/** Compares the table of replies with a collection of real bounces, when that is at hand; its folder is named by SENDPOOL_BOUNCES. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { ruleFor } from './classify.ts';
import type { ReplyRule } from './reply-rules.ts';

const folder =
  process.env['SENDPOOL_BOUNCES'] ?? fileURLToPath(new URL('../../../../shared/corpora/bounces', import.meta.url));
const file = `${folder}/expected.json`;
const skip = existsSync(file)
  ? false
  : 'not part of the project: the collection of bounces; SENDPOOL_BOUNCES names its folder';

type Bounce = { replycode: string; status: string; diag: string; cls: string; sreason: string };

/** Bounces that hold a reply and that the collection calls hard, block or soft. */
const bounces = (): Bounce[] =>
  Object.values(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Bounce[]>)
    .flat()
    .filter(({ replycode, cls }) => replycode !== '' && ['hard', 'block', 'soft'].includes(cls));

const classOf: Readonly<Record<ReplyRule['means'], string>> = {
  HARD: 'hard',
  BLOCK: 'block',
  SOFT: 'soft',
  THROTTLE: 'soft',
  LOGIN: 'block',
};

const isAfterContent = (diag: string): boolean => /end of DATA|TEXT command|DATA command|final DATA/i.test(diag);

const classed = ({ replycode, status, diag }: Bounce): string => {
  const reply = { code: Number(replycode), enhanced: status === '' ? null : status, text: diag };
  return classOf[ruleFor(isAfterContent(diag) ? 'END_OF_DATA' : 'RCPT', reply).means];
};

const right = (some: readonly Bounce[]): number => some.filter((bounce) => classed(bounce) === bounce.cls).length;

test(
  'nine of ten real bounces fall into the class that they are known to have, and hardly an address is called dead wrongly',
  { skip },
  (t) => {
    const all = bounces();
    // "filtered" is the collection's word for "user unknown" after the content: for us the text says that the address is dead.
    const clear = all.filter(({ sreason }) => sreason !== 'filtered');
    const calledDead = clear.filter((bounce) => bounce.cls !== 'hard' && classed(bounce) === 'hard').length;
    t.diagnostic(
      `${right(clear)} of ${clear.length} agree; with "filtered" ${right(all)} of ${all.length}; ${calledDead} called dead wrongly`,
    );
    assert.ok(right(clear) >= 0.9 * clear.length);
    assert.ok(calledDead <= 3);
  },
);
