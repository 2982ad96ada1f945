/**
 * Subscriptions that ask for the same share one stream: one connection to the service, one execution and one text for each event, whoever
 * many listen. What a subscription may see depends on its role alone, so the role is part of what must be the same.
 */
import { endingFrame, type Frame } from './frame.ts';
import { createChannel, type Channel } from './channel.ts';
import type { Frames } from './frames.ts';

type Wanted = {
  /** The same for all who may share. */
  key: string;
  /** Whether each event tells the whole state: whoever comes later gets the last one at once. */
  isState: boolean;
  open(): Promise<Frames>;
};

export type Sharing = { subscribe(wanted: Wanted): Frames };

/** What one listener may be behind. The text of a frame is one for all who are. */
const bounds = { maxValues: 1000, maxBytes: 8 * 1024 * 1024, sizeOf: ({ text }: Frame): number => text.length };

type Shared = { listeners: Set<Channel<Frame>>; last?: Frame; close(): void };

/** A listener without room has lost events: its stream ends, and it may come again. */
const tell = ({ listeners }: Shared, frame: Frame): void => {
  for (const listener of listeners) if (!listener.push(frame)) listener.end(endingFrame('SLOW_CONSUMER'));
};

const pump = async (shared: Shared, open: Wanted['open']): Promise<void> => {
  const frames = await open();
  shared.close = () => frames.end();
  if (shared.listeners.size === 0) frames.end();
  for await (const frame of frames) {
    shared.last = frame;
    tell(shared, frame);
  }
};

export const createSharing = (): Sharing => {
  const streams = new Map<string, Shared>();

  const forget = (key: string, shared: Shared): void => {
    if (streams.get(key) === shared) streams.delete(key);
  };
  const start = ({ key, open }: Wanted): Shared => {
    const shared: Shared = { listeners: new Set(), close: () => {} };
    streams.set(key, shared);
    void pump(shared, open).finally(() => {
      forget(key, shared);
      for (const listener of shared.listeners) listener.finish();
    });
    return shared;
  };
  const leave = (key: string, shared: Shared, listener: Channel<Frame>): void => {
    shared.listeners.delete(listener);
    if (shared.listeners.size > 0) return;
    forget(key, shared);
    shared.close();
  };
  return {
    subscribe: (wanted) => {
      const shared = streams.get(wanted.key) ?? start(wanted);
      const onClose = (): void => leave(wanted.key, shared, listener);
      const listener: Channel<Frame> = createChannel<Frame>({ ...bounds, onClose });
      shared.listeners.add(listener);
      if (wanted.isState && shared.last !== undefined) listener.push(shared.last);
      return listener;
    },
  };
};
