/** Whose turn it is: work that one process of all does at a time, and not more often than so many milliseconds. */
import type { Database, Sql } from '@sendpool/database';

export type RoundName = 'judge' | 'usage';

/** The row stays locked until the work is done; a process that dies gives it back. */
const takeRound = `with mine as (select name from round
    where name = $1 and at <= now() - make_interval(secs => $2) for update skip locked)
  update round r set at = now() from mine where r.name = mine.name returning r.name`;

/** Does the work in a transaction of its own when it is this process's turn; else nothing, and resolves false. */
export const inRound = (
  database: Database,
  round: { name: RoundName; everyMs: number },
  work: (tx: Sql) => Promise<void>,
): Promise<boolean> =>
  database.transaction(async (tx) => {
    const mine = await tx.query(takeRound, [round.name, round.everyMs / 1000]);
    if (mine.length > 0) await work(tx);
    return mine.length > 0;
  });
