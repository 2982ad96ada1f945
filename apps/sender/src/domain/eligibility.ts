/** Whether a sending server may take a message now, and with which weight it takes part in the choice. */
import { mayBeFrom, type PoolConfig, type SendingServerConfig } from '@sendpool/contracts';
import type { Hold } from './limits-meter.ts';

/** Servers that one publication may fail at. */
export const maxFailures = 3;

/** In force: config wants mail to go through it. */
export const isInForce = (server: SendingServerConfig): boolean =>
  server.state === 'ACTIVE' && server.verified && !server.deleted;

/** Share of its weight that a member on probation has. */
const probation = 0.1;

/** The weight with which a member takes part, before its server is looked at: none while it is rotated out. */
export const weightOf = ({ weight, rotation }: PoolConfig['members'][number]): number => {
  if (rotation.state === 'OUT') return 0;
  return rotation.state === 'PROBATION' ? weight * probation : weight;
};

/** What the choice must know of a server. Times are milliseconds on the clock of `Ask.now`. */
export type Standing = {
  readonly config: SendingServerConfig;
  /** Connections that this process may hold. */
  readonly connections: number;
  /** 0 while the breaker is open, below 1 in slow start. */
  factor(now: number): number;
  /** What holds the next message to a mailbox provider back: a declared limit, or its own "slow down"; null = nothing. */
  hold(provider: string, now: number): Hold | null;
  /** It was chosen for a message: its limits count it. */
  chosen(provider: string): void;
  /** Whether its short queue has room. */
  hasRoom(): boolean;
};

export type Ask = {
  /** Mailbox provider of the recipient. */
  provider: string;
  fromDomain: string;
  /** Servers that failed before in the same publication, other than by asking to go slower. */
  tried: readonly string[];
  now: number;
};

/** OUT: another server must do it. A hold: not before it ends. BUSY: no room, and the pool does not wait for it. */
export type Verdict = 'OUT' | Hold | 'BUSY' | 'READY';

/** May it take mail at all, whoever it is from? */
export const isUsable = (server: Standing, now: number): boolean =>
  server.connections > 0 && isInForce(server.config) && server.factor(now) > 0;

const mayTake = (server: Standing, ask: Ask): boolean =>
  isUsable(server, ask.now) &&
  !ask.tried.includes(server.config.id) &&
  mayBeFrom(server.config.fromDomains, ask.fromDomain);

/** Mere slowness waits, unless the pool says OVERFLOW; a declared limit never does. */
export const verdictOn = (server: Standing | undefined, ask: Ask, whenBusy: PoolConfig['whenBusy']): Verdict => {
  if (server === undefined || !mayTake(server, ask)) return 'OUT';
  const hold = server.hold(ask.provider, ask.now);
  if (hold !== null) return hold;
  return whenBusy === 'OVERFLOW' && !server.hasRoom() ? 'BUSY' : 'READY';
};
