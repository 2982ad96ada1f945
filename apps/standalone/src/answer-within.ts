/** Waits for something that may never answer. */
import { sleep } from '@sendpool/kernel';

/** Rejects when `work` has not settled after `ms` milliseconds; it goes on by itself then. */
export const answerWithin = async <Answer>(ms: number, work: Promise<Answer>): Promise<Answer> => {
  const isOver = new AbortController();
  const late = sleep(ms, isOver.signal).then((): never => {
    throw new Error(`no answer within ${ms / 1000} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    isOver.abort();
  }
};

/** Rejects with the reason of `signal` as soon as that is aborted; `work` goes on by itself then. */
export const unlessAborted = async <Answer>(signal: AbortSignal, work: Promise<Answer>): Promise<Answer> => {
  const isOver = new AbortController();
  const ended = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(signal.reason as Error);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { signal: isOver.signal });
  });
  try {
    return await Promise.race([ended, work]);
  } finally {
    isOver.abort();
  }
};
