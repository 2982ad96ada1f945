/** Processes end only when they are made to, and one that is asked to does so in time and says that all went well. */
import { verdict, type Judge } from './checks.ts';
import type { Ending, Struck } from './evidence.ts';

const stopDeadlineMs = 30_000;
const margin = 5_000;

const isService = ({ kind }: Struck): boolean => kind !== 'broker' && kind !== 'postgres';
const isAsked = ({ fault, skipped }: Struck): boolean =>
  (fault === 'TERM' || fault === 'REMOVE') && skipped === undefined;

/** The run waits so long for a process to be ready again; one that never is, is told apart. */
const startLimitMs = 90_000;

/** When what was struck was ready again, at the latest. One that was taken away does not start at all. */
const readyBy = ({ at, forMs, fault, readyAt }: Struck): number =>
  readyAt ?? (fault === 'REMOVE' ? at : at + forMs + startLimitMs);

/** A process that still starts has nothing to finish yet: the signal may end it where it is. */
const stillStarts = (other: Struck, { at }: Struck): boolean => other.at < at && readyBy(other) > at;

/** Stops that a second fault struck in the middle prove nothing, nor do those of a process that was not ready. */
const isDisturbed = (stop: Struck, faults: readonly Struck[]): boolean =>
  faults.some(
    (other) =>
      other !== stop &&
      other.skipped === undefined &&
      other.target === stop.target &&
      (stillStarts(other, stop) || (other.at + other.forMs > stop.at && other.at < stop.at + stopDeadlineMs)),
  );

export const plannedStops = (faults: readonly Struck[]): Struck[] =>
  faults.filter((struck) => isService(struck) && isAsked(struck) && !isDisturbed(struck, faults));

/** The launcher does not tell how a process that it took away has ended. */
const cleanEnds: ReadonlySet<string | undefined> = new Set(['exit code 0', 'removed']);

const stopWord = ({ target, at, endedAt, ended }: Struck): string =>
  endedAt === undefined ? `${target} did not end` : `${target}: ${ended} after ${endedAt - at} ms`;

/** A process that was struck, and one that could not start again because what it needs was struck too. */
const isCaused = ({ name, at }: Ending, faults: readonly Struck[]): boolean =>
  faults.some(
    (struck) =>
      struck.skipped === undefined &&
      struck.target === name &&
      at >= struck.at - 100 &&
      at <= Math.max(readyBy(struck), struck.at + struck.forMs + stopDeadlineMs + margin),
  );

export const judgeEnds: Judge = ({ faults, run }) => {
  const stops = plannedStops(faults);
  const late = stops.filter(({ at, endedAt, ended }) => !cleanEnds.has(ended) || endedAt! - at > stopDeadlineMs);
  const sudden = run.endings.filter((ending) => !isCaused(ending, faults));
  const slowest = stops.reduce((most, { at, endedAt }) => Math.max(most, (endedAt ?? at) - at), 0);
  return verdict(
    '10 a process ends only when it is made to, and asked to in 30 s with exit code 0',
    `${stops.length} planned stops, ${slowest} ms at most; ${run.endings.length} ends`,
    [
      ...run.unready.map((name) => `${name} is not ready in the end`),
      ...late.map(stopWord),
      ...sudden.map(({ name, reason }) => `${name} ended by itself: ${reason}`),
    ],
  );
};
