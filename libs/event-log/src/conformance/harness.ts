/** What an adapter brings so that the suite can try it: a log that several processes share, over links that can fail. */
import type { EventLog } from '../port.ts';
import type { Link } from './link.ts';

/** One process with its own connection to the log. */
export type Peer = {
  log: EventLog;
  link: Link;
  /** From now on whatever tells this process of new records of the topic gets lost; other requests are answered. */
  loseSignals(topic: string): Promise<void>;
  close(): Promise<void>;
};

export type Harness = {
  /** A new process. */
  connect(name: string): Promise<Peer>;
  close(): Promise<void>;
};

/** A fresh, empty log that looks for old records several times a second. */
export type CreateHarness = () => Promise<Harness>;

type Connect = (name: string) => Promise<Peer>;
/** Declares one case; the processes that it connects are closed when it is over. */
export type Check = (title: string, run: (connect: Connect) => Promise<void>) => void;
