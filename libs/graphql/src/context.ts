/** What a resolver knows of the request it works for. A new one for each request: never shared, never kept. */
import type { Actor } from '@sendpool/contracts';
import DataLoader from 'dataloader';

export type RequestContext = {
  readonly actor: Actor;
  readonly requestId: string;
  /** Aborted when the client goes away: hand it to whatever may take long. */
  readonly signal: AbortSignal;
  /** traceparent of the span of this request (W3C Trace Context); undefined when it is not traced. */
  trace: string | undefined;
  /** Loaders of this request by name; see `loaderOf`. */
  readonly loaders: Map<string, DataLoader<never, unknown>>;
};

export const createContext = (actor: Actor, signal: AbortSignal, trace?: string): RequestContext => ({
  actor,
  requestId: actor.requestId,
  signal,
  trace,
  loaders: new Map(),
});

/**
 * The loader of this name in this request: all keys asked for in one tick go to one call of `load`, each key once.
 * A key that is missing in the answer loads as undefined.
 */
export const loaderOf = <Key, Value>(
  context: RequestContext,
  name: string,
  load: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): { load(key: Key): Promise<Value | undefined> } => {
  const known = context.loaders.get(name);
  if (known !== undefined) return known as unknown as DataLoader<Key, Value | undefined>;
  const loader = new DataLoader<Key, Value | undefined>(async (keys) => {
    const found = await load(keys);
    return keys.map((key) => found.get(key));
  });
  context.loaders.set(name, loader);
  return loader;
};
