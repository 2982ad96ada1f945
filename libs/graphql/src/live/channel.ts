/** A bounded queue between whoever has values when they come and one reader that takes them when it can. */
import { createEndable, type Endable } from './endable.ts';

export type Channel<Value> = Endable<Value> & {
  /** False when there is no room: the value was not taken. */
  push(value: Value): boolean;
  /** Ends when what is queued has been read; `end` drops it. */
  finish(): void;
};

type ChannelOptions<Value> = {
  maxValues: number;
  /** Of all that is queued; one value alone may be larger. */
  maxBytes?: number;
  sizeOf?: (value: Value) => number;
  onClose?: () => void;
};

export const createChannel = <Value>(options: ChannelOptions<Value>): Channel<Value> => {
  const { maxValues, maxBytes = Number.POSITIVE_INFINITY, sizeOf = () => 0, onClose } = options;
  const queued: Value[] = [];
  let bytes = 0;
  let finished = false;
  let wake: (() => void) | undefined;
  const isIdle = (): boolean => queued.length === 0 && !finished;

  const notify = (): void => {
    wake?.();
    wake = undefined;
  };
  const next = async (): Promise<Value | undefined> => {
    while (isIdle()) await new Promise<void>((resolve) => (wake = resolve));
    const value = queued.shift();
    if (value !== undefined) bytes -= sizeOf(value);
    return value;
  };
  const close = (): void => {
    finished = true;
    queued.length = 0;
    notify();
    onClose?.();
  };
  const hasRoom = (value: Value): boolean =>
    queued.length === 0 || (queued.length < maxValues && bytes + sizeOf(value) <= maxBytes);

  return Object.assign(createEndable<Value>({ next, close }), {
    push: (value: Value) => {
      if (finished) return true;
      if (!hasRoom(value)) return false;
      queued.push(value);
      bytes += sizeOf(value);
      notify();
      return true;
    },
    finish: () => {
      finished = true;
      notify();
    },
  });
};
