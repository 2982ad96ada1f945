/** A cluster of real processes and SMTP servers that write down when each conversation began, for the specs about changes and limits. */
import { startSink, type Behaviour, type Sink, type SinkOptions } from '@sendpool/testing';
import { whyNoBroker } from '../../tools/kafka/jars.ts';
import { singleShape, type Shape } from '../../apps/standalone/src/shape.ts';

/** On Kafka where this machine can have a broker; the rules do not depend on the log. */
export const clusterOf = (replicas: Partial<Shape['replicas']>): Shape => ({
  eventLog: whyNoBroker() === undefined ? 'KAFKA' : 'POSTGRES',
  replicas: { ...singleShape.replicas, ...replicas },
});

export type Conversation = { readonly at: number; readonly connection: number };

export type WatchedSink = {
  readonly sink: Sink;
  /** The MAIL commands. */
  readonly conversations: Conversation[];
  /** Connections that were open whenever one more came. */
  readonly opened: { readonly at: number; readonly open: number }[];
  /** When each connection has authenticated. */
  readonly authenticated: Map<number, number>;
};

export const startWatchedSink = async (options: SinkOptions): Promise<WatchedSink> => {
  const conversations: Conversation[] = [];
  const opened: { at: number; open: number }[] = [];
  const authenticated = new Map<number, number>();
  const behave: Behaviour = ({ stage, connection }) => {
    const at = Date.now();
    if (stage === 'CONNECT') opened.push({ at, open: sink.connections });
    if (stage === 'AUTH') authenticated.set(connection, at);
    if (stage === 'MAIL') conversations.push({ at, connection });
    return undefined;
  };
  const sink = await startSink({ ...options, behave });
  return { sink, conversations, opened, authenticated };
};

/** Milliseconds from `since` to the last conversation that began later; 0 when none did. */
export const lastAfter = (conversations: readonly Conversation[], since: number): number =>
  Math.max(0, ...conversations.map(({ at }) => at - since));
