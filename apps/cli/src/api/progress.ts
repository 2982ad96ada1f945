/** The progress of a campaign in one line. */
import { bar, count, percent } from '../domain/words.ts';

export type Progress = {
  status: string;
  total: number;
  accepted: number;
  deferred: number;
  bounced: number;
  unknown: number;
  expired: number;
  suppressed: number;
  cancelled: number;
  inFlight: number;
  done: number;
  waitingFor: string | null;
};

export const progressFields =
  'status total accepted deferred bounced unknown expired suppressed cancelled inFlight done waitingFor';

/** What is there in some campaigns only, and no recipient is left without a word: a full bar is more than those accepted. */
const others = ['expired', 'suppressed', 'cancelled'] as const;

export const progressLine = (progress: Progress): string => {
  const { total, accepted, deferred, bounced, unknown, done, waitingFor } = progress;
  const counts = `${count(accepted)} of ${count(total)} accepted, ${count(deferred)} deferred, ${count(bounced)} bounced, ${count(unknown)} unknown`;
  const rest = others.filter((name) => progress[name] > 0).map((name) => `, ${count(progress[name])} ${name}`);
  return `${bar(done)} ${percent(done)}  ${counts}${rest.join('')}${waitingFor === null ? '' : `; ${waitingFor}`}`;
};
