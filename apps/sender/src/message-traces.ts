/**
 * Spans of the messages that are traced: take in, wait for a connection, start bit, conversation, outcome. A traced request goes on here
 * with the span of this process as its `trace`, which is also the handle to it; an outcome carries it on. Never an address, never content.
 */
import type { DeliveryEvent } from '@sendpool/contracts';
import type { SpanAttributes, TraceSpan, Tracing } from '@sendpool/service';
import type { DeliveryObserver, TraceStep } from './delivery/context.ts';
import type { LaneKeeperDeps, ReadyMessage, StoredRequest } from './domain/lane-types.ts';

type PublishEvents = LaneKeeperDeps['publishEvents'];

export type MessageTraces = {
  takeIn(stored: StoredRequest): StoredRequest;
  step: NonNullable<DeliveryObserver['traced']>;
  /** These are another process's from now on, or come again. */
  withdrawn(messages: readonly ReadyMessage[]): void;
  /** Ends the spans of the messages whose outcomes became durable. */
  publishing(publish: PublishEvents): PublishEvents;
};

type Open = { readonly span: TraceSpan; part: TraceSpan };
type Traces = { readonly tracing: Tracing; readonly open: Map<string, Open> };

/** Messages that never end here, as those of a lane that was lost, must not fill the memory. */
const mostOpen = 1000;

const partNames: Readonly<Record<TraceStep, string>> = {
  OFFERED: 'wait for a connection',
  STARTING: 'start bit',
  STARTED: 'wait for a connection',
  TALKING: 'conversation',
  TALKED: 'outcome',
  MOVED: 'wait for a connection',
};

const openPart = ({ tracing }: Traces, parent: string, name: string): TraceSpan =>
  tracing.open({ name, kind: name === 'conversation' ? 'CLIENT' : 'INTERNAL', parent });

const close = ({ open }: Traces, trace: string, attributes: SpanAttributes): void => {
  const known = open.get(trace);
  known?.part.end();
  known?.span.end(attributes);
  open.delete(trace);
};

const closeOldest = (traces: Traces): void => {
  const [oldest] = traces.open.keys();
  if (traces.open.size > mostOpen && oldest !== undefined) close(traces, oldest, {});
};

const takeIn = (traces: Traces, stored: StoredRequest): StoredRequest => {
  const { request } = stored;
  if (request?.type !== 'SEND' || request.trace === undefined) return stored;
  const attributes = { 'sendpool.lane': request.lane, 'sendpool.campaign': request.campaignId };
  const span = traces.tracing.open({ name: 'send message', kind: 'CONSUMER', parent: request.trace, attributes });
  const trace = span.traceparent;
  traces.open.set(trace, { span, part: openPart(traces, trace, 'take in') });
  closeOldest(traces);
  return { ...stored, request: { ...request, trace } };
};

const isFault = (step: TraceStep): boolean => step === 'MOVED';

const takeStep = (
  traces: Traces,
  trace: string,
  next: { step: TraceStep; attributes?: SpanAttributes | undefined },
): void => {
  const known = traces.open.get(trace);
  if (known === undefined) return;
  known.part.end(next.attributes, isFault(next.step));
  known.part = openPart(traces, trace, partNames[next.step]);
};

const outcomeOf = (event: DeliveryEvent & { type: 'OUTCOME' }): SpanAttributes => ({
  'sendpool.outcome': event.outcome,
  'sendpool.provider': event.provider,
  'sendpool.failovers': event.hops.length,
  ...(event.serverId === null ? {} : { 'sendpool.server': event.serverId }),
  ...(event.reason === null ? {} : { 'sendpool.reason': event.reason }),
});

const closeAll = (traces: Traces, events: readonly DeliveryEvent[]): void => {
  for (const event of events)
    if (event.type === 'OUTCOME' && event.trace !== undefined) close(traces, event.trace, outcomeOf(event));
};

export const createMessageTraces = (tracing: Tracing): MessageTraces => {
  const traces: Traces = { tracing, open: new Map() };
  return {
    takeIn: (stored) => takeIn(traces, stored),
    step: (trace, step, attributes) => takeStep(traces, trace, { step, attributes }),
    withdrawn: (messages) => {
      for (const { request } of messages)
        if (request.trace !== undefined) close(traces, request.trace, { 'sendpool.outcome': 'WITHDRAWN' });
    },
    publishing: (publish) => async (events) => {
      await publish(events);
      closeAll(traces, events);
    },
  };
};
