/**
 * Reads the results that a service sends as server-sent events, one at a time as they are asked for: what nobody asks for stays in the
 * socket, and the service waits. (The graphql-sse client reads as fast as it can into a queue without bound.)
 */
import { AppError } from '@sendpool/kernel';
import type { FormattedExecutionResult } from 'graphql';

type Event = { name: string; data: string };

const parseEvent = (block: string): Event => {
  const event: Event = { name: '', data: '' };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const [field, value] = [line.slice(0, colon), line.slice(colon + 1).trimStart()];
    if (field === 'event') event.name = value;
    if (field === 'data') event.data += value;
  }
  return event;
};

/** Blocks between empty lines. A chunk may end inside a character: the decoder keeps its first bytes for the next one. */
async function* blocksOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const from = Math.max(0, rest.length - 1);
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf('\n\n', from); end !== -1; end = rest.indexOf('\n\n')) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 2);
    }
  }
}

/** Ends at `complete`. Throws AppError UNAVAILABLE when the service goes away before it. */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<FormattedExecutionResult, undefined> {
  for await (const block of blocksOf(body)) {
    const { name, data } = parseEvent(block);
    if (name === 'complete') return;
    if (name === 'next') yield JSON.parse(data) as FormattedExecutionResult;
  }
  throw new AppError('UNAVAILABLE', 'the stream broke off', { retriable: true });
}
