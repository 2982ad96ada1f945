/** Ctrl-C and SIGTERM for programs that start others: what was started is stopped and what was made is removed, then the process ends. */
import { sleep } from '@sendpool/kernel';

type Duty = () => Promise<void> | void;

const longestMs = 45_000;
const duties: Duty[] = [];
let ending: Promise<void> | undefined;

const perform = async (): Promise<void> => {
  for (let duty = duties.pop(); duty !== undefined; duty = duties.pop())
    try {
      await duty();
    } catch (error) {
      console.error(error);
    }
};

const end = (signal: NodeJS.Signals): void => {
  ending ??= (async () => {
    console.error(`${signal}: stopping what was started ...`);
    await Promise.race([perform(), sleep(longestMs)]);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  })();
};

/** Has it done when a signal comes, the last one first. Name a start before it is over: `duty` can wait for it. */
export const onSignal = (duty: Duty): void => {
  if (process.listenerCount('SIGTERM', end) === 0)
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, end);
  duties.push(duty);
};

/** Returns at once, unless a signal ends the process: then never. What fails meanwhile fails because of that. */
export const unlessEnding = async (): Promise<void> => {
  await ending;
};
