/** Follows delivery events for ever, each of them once: its cursor is kept in a file, and outlives broken connections and itself. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { ApiError, connect, run, subscribe } from './api.ts';
import { cursorOfNow, followEvents } from './operations.ts';

const { CURSOR_FILE = 'typescript-cursor.txt' } = process.env;

const readCursor = async (): Promise<string> => {
  if (existsSync(CURSOR_FILE)) return readFileSync(CURSOR_FILE, 'utf8').trim();
  const { deliveryEvents } = await run(cursorOfNow, {});
  if (deliveryEvents === null) throw new Error('the events are not to be had now');
  writeFileSync(CURSOR_FILE, deliveryEvents.endCursor);
  return deliveryEvents.endCursor;
};

const follow = async (): Promise<void> => {
  const after = await readCursor();
  console.error('following');
  const client = connect(0); // a retry of the client would ask with the old cursor
  try {
    for await (const { deliveryEvents } of subscribe(client, followEvents, { after })) {
      if (deliveryEvents === null) throw new Error('the events are not to be had now');
      for (const { id, outcome, recipientNumber, reply, campaign } of deliveryEvents.nodes)
        console.log(id, outcome, recipientNumber, reply?.code ?? '-', campaign?.name ?? '-');
      // Stored after the work: a crash in between repeats a page, whose events have the ids that they had before.
      writeFileSync(CURSOR_FILE, deliveryEvents.endCursor);
    }
  } finally {
    await client.dispose();
  }
};

/** With these it would be the same again: a person is needed. */
const lasting = new Set<unknown>(['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_INPUT', 'CURSOR_EXPIRED']);
const isLasting = (error: Error): boolean => error instanceof ApiError && error.codes.some((code) => lasting.has(code));

for (;;) {
  const error = await follow().then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  if (error !== undefined) console.error(error.message);
  if (error !== undefined && isLasting(error)) process.exit(1);
  await setTimeout(1_000);
}
