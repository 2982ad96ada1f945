/** The progress of a campaign in one line. */
import { bar, count, percent } from '../domain/words.ts';

export type Progress = {
  total: number;
  accepted: number;
  deferred: number;
  bounced: number;
  unknown: number;
  inFlight: number;
  done: number;
  waitingFor: string | null;
};

export const progressFields = 'total accepted deferred bounced unknown inFlight done waitingFor';

export const progressLine = (progress: Progress): string => {
  const { total, accepted, deferred, bounced, unknown, done, waitingFor } = progress;
  const counts = `${count(accepted)} of ${count(total)} accepted, ${count(deferred)} deferred, ${count(bounced)} bounced, ${count(unknown)} unknown`;
  return `${bar(done)} ${percent(done)}  ${counts}${waitingFor === null ? '' : `; ${waitingFor}`}`;
};
