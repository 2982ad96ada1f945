/** A TCP relay between one process and the log, which can withhold answers, withhold requests, or go dead. */
import { connect, createServer, type Socket } from 'node:net';

export type Link = {
  readonly port: number;
  /** Requests still arrive, but no answer comes back, on any connection, until restore(). */
  holdAnswers(): void;
  /** The request that holds this text arrives, but its connection gets no answer any more. Other connections work. */
  loseAnswerTo(text: string): void;
  /** The request that holds this text, and what follows on its connection, arrives only at release(), even when the sender has given up. */
  holdRequest(text: string): void;
  release(): void;
  /** Breaks every connection for the sender; what is held still arrives at release(). */
  hangUp(): void;
  /** Drops every connection and lets none through, as when the process was killed, until restore(). */
  cut(): void;
  restore(): void;
  close(): Promise<void>;
};

type Pair = { near: Socket; far: Socket; held: Buffer[] | undefined; isMute: boolean; isNearClosed: boolean };
type State = {
  pairs: Set<Pair>;
  isMute: boolean;
  isCut: boolean;
  holdText: string | undefined;
  loseText: string | undefined;
};

const finish = (pair: Pair): void => {
  if (pair.isNearClosed && pair.held === undefined) pair.far.end();
};

/** A text works once. */
const lookFor = (state: State, pair: Pair, chunk: Buffer): void => {
  if (state.holdText !== undefined && chunk.includes(state.holdText)) {
    state.holdText = undefined;
    pair.held = [];
  }
  if (state.loseText !== undefined && chunk.includes(state.loseText)) {
    state.loseText = undefined;
    pair.isMute = true;
  }
};

const relay = (state: State, near: Socket, far: Socket): void => {
  const pair: Pair = { near, far, held: undefined, isMute: false, isNearClosed: false };
  state.pairs.add(pair);
  near.on('data', (chunk: Buffer) => {
    lookFor(state, pair, chunk);
    if (pair.held === undefined) far.write(chunk);
    else pair.held.push(chunk);
  });
  far.on('data', (chunk: Buffer) => {
    if (!state.isMute && !pair.isMute && !near.destroyed) near.write(chunk);
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

const release = (state: State): void => {
  for (const pair of state.pairs) {
    for (const chunk of pair.held ?? []) pair.far.write(chunk);
    pair.held = undefined;
    finish(pair);
  }
};

export const createLink = async (target: { host: string; port: number }): Promise<Link> => {
  const state: State = { pairs: new Set(), isMute: false, isCut: false, holdText: undefined, loseText: undefined };
  const server = createServer((near) => {
    if (state.isCut) return void near.destroy();
    relay(state, near, connect({ ...target, noDelay: true }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    holdAnswers: () => void (state.isMute = true),
    loseAnswerTo: (text) => void (state.loseText = text),
    holdRequest: (text) => void (state.holdText = text),
    release: () => release(state),
    hangUp: () => {
      for (const { near } of state.pairs) near.destroy();
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
