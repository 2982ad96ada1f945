/** Rendering takes turns, so that previews hold up neither each other nor the sending of mail, which is done by the same process. */
import type { RequestContext } from '@sendpool/graphql';
import { AppError } from '@sendpool/kernel';

/** Milliseconds of rendering in one request, but for the last preview that it begins: a page of campaigns has many. */
const renderMs = 1000;

type TurnDeps = { monotonic(): number; sleep(ms: number): Promise<void> };

export type InTurn = <T>(context: RequestContext, work: () => T) => Promise<T>;

/**
 * One preview at a time, and as long a rest after it as it took: half of the time is for everything else. Throws AppError BAD_INPUT when
 * those of the request take too long together, and UNAVAILABLE when its client has gone meanwhile.
 */
export const createInTurn = ({ monotonic, sleep }: TurnDeps): InTurn => {
  const spent = new WeakMap<RequestContext, number>();
  let last: Promise<void> = Promise.resolve();
  let restsUntil = 0;
  return async (context, work) => {
    last = last.then(() => sleep(Math.max(0, restsUntil - monotonic())));
    await last;
    if (context.signal.aborted) throw new AppError('UNAVAILABLE', 'The client of this request has gone');
    const before = spent.get(context) ?? 0;
    if (before >= renderMs)
      throw new AppError(
        'BAD_INPUT',
        'The previews of this request take too long together: ask for fewer in one request',
      );
    const begin = monotonic();
    try {
      return work();
    } finally {
      const end = monotonic();
      spent.set(context, before + end - begin);
      restsUntil = end + (end - begin);
    }
  };
};
