/** The client processes of bench live, as one. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { addUp, type ClientReport, type FromClient, type Subscription, type ToClient } from './live-words.ts';

export type Clients = {
  readonly pids: readonly number[];
  /** Resolves when each subscription has got its first event. `most`: events of one campaign, at most. */
  open(subscriptions: readonly Subscription[], most: number): Promise<void>;
  measure(since: number): void;
  report(from: number[], to: number[]): Promise<ClientReport>;
  /** Rejects as soon as one of them has lost a stream. */
  readonly failure: Promise<never>;
  stop(): void;
};

const processes = 2;
const program = fileURLToPath(new URL('./live-client.ts', import.meta.url));

const answerOf = <Say extends FromClient['say']>(
  child: ChildProcess,
  say: Say,
): Promise<Extract<FromClient, { say: Say }>> =>
  new Promise((resolve) => {
    const listen = (words: FromClient): void => {
      if (words.say !== say) return;
      child.off('message', listen);
      resolve(words as Extract<FromClient, { say: Say }>);
    };
    child.on('message', listen);
  });

const failureOf = (child: ChildProcess): Promise<never> =>
  new Promise((_, reject) => {
    child.on('message', (words: FromClient) => {
      if (words.say === 'FAILED') reject(new Error(words.reason));
    });
    child.once('exit', (code) => reject(new Error(`a client process ended with ${code}`)));
  });

const say = (child: ChildProcess, words: ToClient): boolean => child.send(words);

const sum = (reports: readonly ClientReport[], of: 'messages' | 'bytes' | 'missing' | 'doubled'): number =>
  reports.reduce((total, report) => total + report[of], 0);

const together = (reports: readonly ClientReport[]): ClientReport => ({
  delays: {
    WEBSOCKET: addUp(reports.map(({ delays }) => delays.WEBSOCKET)),
    SSE: addUp(reports.map(({ delays }) => delays.SSE)),
    DIRECT: addUp(reports.map(({ delays }) => delays.DIRECT)),
  },
  messages: sum(reports, 'messages'),
  bytes: sum(reports, 'bytes'),
  missing: sum(reports, 'missing'),
  doubled: sum(reports, 'doubled'),
});

export const startClients = (): Clients => {
  const children = Array.from({ length: processes }, () => fork(program));
  const failure = Promise.race(children.map(failureOf));
  failure.catch(() => undefined);
  return {
    pids: children.map(({ pid }) => pid!),
    failure,
    open: async (subscriptions, most) => {
      const joined = children.map((child) => answerOf(child, 'JOINED'));
      for (const [index, child] of children.entries())
        say(child, { say: 'OPEN', subscriptions: subscriptions.filter((_, at) => at % processes === index), most });
      await Promise.race([Promise.all(joined), failure]);
    },
    measure: (since) => children.forEach((child) => say(child, { say: 'MEASURE', since })),
    report: async (from, to) => {
      const reported = children.map((child) => answerOf(child, 'REPORTED'));
      for (const child of children) say(child, { say: 'REPORT', from, to });
      return together((await Promise.race([Promise.all(reported), failure])).map(({ report }) => report));
    },
    stop: () => children.forEach((child) => child.disconnect()),
  };
};
