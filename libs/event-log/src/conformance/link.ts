/** A TCP relay between one process and the log, which can withhold answers, withhold requests, or go dead. */
import { connect, createServer, type Socket } from 'node:net';

export type Link = {
  readonly port: number;
  /** Requests still arrive, but no answer comes back, on any connection, until restore(). */
  holdAnswers(): void;
  /** What is sent on the connections open now arrives only at release(), even when the sender has given up. New connections work. */
  holdRequests(): void;
  release(): void;
  /** Drops every connection and lets none through, as when the process was killed, until restore(). */
  cut(): void;
  restore(): void;
  close(): Promise<void>;
};

type Pair = { near: Socket; far: Socket; held: Buffer[] | undefined; isNearClosed: boolean };
type State = { pairs: Set<Pair>; isMute: boolean; isCut: boolean };

const finish = (pair: Pair): void => {
  if (pair.isNearClosed && pair.held === undefined) pair.far.end();
};

const relay = (state: State, near: Socket, far: Socket): void => {
  const pair: Pair = { near, far, held: undefined, isNearClosed: false };
  state.pairs.add(pair);
  near.on('data', (chunk: Buffer) => (pair.held === undefined ? far.write(chunk) : pair.held.push(chunk)));
  far.on('data', (chunk: Buffer) => {
    if (!state.isMute && !near.destroyed) near.write(chunk);
  });
  near
    .on('error', () => undefined)
    .on('close', () => {
      pair.isNearClosed = true;
      finish(pair);
    });
  far
    .on('error', () => undefined)
    .on('close', () => {
      state.pairs.delete(pair);
      near.destroy();
    });
};

const dropAll = (state: State): void => {
  for (const { near, far } of state.pairs) {
    near.destroy();
    far.destroy();
  }
};

export const createLink = async (target: { host: string; port: number }): Promise<Link> => {
  const state: State = { pairs: new Set(), isMute: false, isCut: false };
  const server = createServer((near) => {
    if (state.isCut) return void near.destroy();
    relay(state, near, connect({ ...target, noDelay: true }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    holdAnswers: () => {
      state.isMute = true;
    },
    holdRequests: () => {
      for (const pair of state.pairs) pair.held = [];
    },
    release: () => {
      for (const pair of state.pairs) {
        for (const chunk of pair.held ?? []) pair.far.write(chunk);
        pair.held = undefined;
        finish(pair);
      }
    },
    cut: () => {
      state.isCut = true;
      dropAll(state);
    },
    restore: () => {
      // Answers that were swallowed leave their connections out of step: begin anew.
      if (state.isMute) dropAll(state);
      state.isMute = false;
      state.isCut = false;
    },
    close: () =>
      new Promise((resolve) => {
        dropAll(state);
        server.close(() => resolve());
      }),
  };
};
