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
