/**
 * Subscriptions that ask for the same share one stream: one connection to the service, one execution and one text for each event, whoever
 * many listen. What a subscription may see depends on its role alone, so the role is part of what must be the same.
 */
import { endingFrame, type Frame } from './frame.ts';
import { createChannel, type Channel } from './channel.ts';
import { createEndable } from './endable.ts';
import type { Frames } from './frames.ts';

type Wanted = {
  /** The same for all who may share. */
  key: string;
  /** Whether each event tells the whole state: whoever comes later gets the last one at once. */
  isState: boolean;
  open(): Promise<Frames>;
};

export type Sharing = {
  subscribe(wanted: Wanted): Frames;
  /** Goes on by itself from a cursor, until it is where the shared stream has been a moment ago; from there on it shares that. */
  join(own: Frames, wanted: Wanted): Frames;
};

/** Frames of a shared stream that are kept for those who come from a cursor. */
const maxRecent = 16;

/** What one listener may be behind. The text of a frame is one for all who are. */
const bounds = { maxValues: 1000, maxBytes: 8 * 1024 * 1024, sizeOf: ({ text }: Frame): number => text.length };

type Shared = { listeners: Set<Channel<Frame>>; joining: Set<Frames>; recent: Frame[]; last?: Frame; close(): void };

/** A listener without room has lost events: its stream ends, and it may come again. */
const tell = (listener: Channel<Frame>, frame: Frame): void => {
  if (!listener.push(frame)) listener.end(endingFrame('SLOW_CONSUMER'));
};

const isLeft = ({ listeners, joining }: Shared): boolean => listeners.size + joining.size === 0;

/** What came behind this place; undefined when the stream was not there. */
const behind = ({ recent }: Shared, place: string | undefined): Frame[] | undefined => {
  const at = place === undefined ? -1 : recent.findIndex((frame) => frame.place === place);
  return at === -1 ? undefined : recent.slice(at + 1);
};

const pump = async (shared: Shared, open: Wanted['open']): Promise<void> => {
  const frames = await open();
  shared.close = () => frames.end();
  if (isLeft(shared)) frames.end();
  for await (const frame of frames) {
    shared.last = frame;
    shared.recent = [...shared.recent, frame].slice(-maxRecent);
    for (const listener of shared.listeners) tell(listener, frame);
  }
};

export const createSharing = (): Sharing => {
  const streams = new Map<string, Shared>();

  const forget = (key: string, shared: Shared): void => {
    if (streams.get(key) === shared) streams.delete(key);
  };
  const start = ({ key, open }: Wanted): Shared => {
    const shared: Shared = { listeners: new Set(), joining: new Set(), recent: [], close: () => {} };
    streams.set(key, shared);
    void pump(shared, open).finally(() => {
      forget(key, shared);
      for (const listener of shared.listeners) listener.finish();
    });
    return shared;
  };
  const leave = (key: string, shared: Shared): void => {
    if (!isLeft(shared)) return;
    forget(key, shared);
    shared.close();
  };
  const listen = ({ key }: Wanted, shared: Shared): Channel<Frame> => {
    const onClose = (): void => {
      shared.listeners.delete(listener);
      leave(key, shared);
    };
    const listener: Channel<Frame> = createChannel<Frame>({ ...bounds, onClose });
    shared.listeners.add(listener);
    return listener;
  };
  const sharedOf = (wanted: Wanted): Shared => streams.get(wanted.key) ?? start(wanted);
  return {
    join: (own, wanted) => {
      const shared = sharedOf(wanted);
      shared.joining.add(own);
      let place: string | undefined;
      let from = own;
      const giveUp = (): void => {
        if (shared.joining.delete(own)) leave(wanted.key, shared);
      };
      const change = (): void => {
        const missed = streams.get(wanted.key) === shared ? behind(shared, place) : undefined;
        if (missed === undefined) return;
        const listener = listen(wanted, shared);
        for (const frame of missed) tell(listener, frame);
        from = listener;
        own.end();
        giveUp();
      };
      return createEndable({
        next: async () => {
          if (from === own) change();
          const { value } = await from.next();
          place = value?.place;
          return value;
        },
        close: () => {
          from.end();
          giveUp();
        },
      });
    },
    subscribe: (wanted) => {
      const shared = sharedOf(wanted);
      const listener = listen(wanted, shared);
      if (wanted.isState && shared.last !== undefined) listener.push(shared.last);
      return listener;
    },
  };
};
