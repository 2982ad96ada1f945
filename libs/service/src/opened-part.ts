/** A part that opens one thing at its start, as a consumer or a follower of the event log, and closes it at its stop. */
import type { Part } from './part.ts';

export const openedPart = (name: string, open: () => Promise<{ close(): Promise<unknown> }>): Part => {
  let opened: { close(): Promise<unknown> } | undefined;
  return {
    name,
    start: async () => {
      opened = await open();
    },
    stop: async () => {
      await opened?.close();
    },
  };
};
