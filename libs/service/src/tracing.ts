/**
 * Traces over the processes: spans that know their parent by its W3C traceparent, which travels in requests and records. Whoever opens no
 * span pays nothing; without an endpoint nothing of OpenTelemetry is even loaded.
 */
import type { DeliveryEvent } from '@sendpool/contracts';
import type { Part } from './part.ts';

export type SpanStart = {
  /** Few words, the same for all of a kind; what differs goes into attributes. Never an address, never content. */
  name: string;
  kind: 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER' | 'INTERNAL';
  /** traceparent of the span that this one belongs to; undefined begins a trace. */
  parent?: string | undefined;
  /** Milliseconds since 1970; now when left out. */
  startMs?: number;
  attributes?: SpanAttributes;
};

export type SpanAttributes = Record<string, string | number>;

export type TraceSpan = {
  /** For whoever works on: in a request or a record. */
  readonly traceparent: string;
  end(attributes?: SpanAttributes, isFault?: boolean): void;
};

export type Tracing = {
  open(start: SpanStart): TraceSpan;
  /** Sends what has ended. */
  close(): Promise<void>;
};

/** Undefined without an endpoint. `endpoint` is the base of an OTLP receiver, as in http://collector:4318. */
export const createTracing = async (options: {
  service: string;
  endpoint: string | undefined;
}): Promise<Tracing | undefined> => {
  const { service, endpoint } = options;
  if (endpoint === undefined) return undefined;
  const { openTelemetry } = await import('./open-telemetry.ts');
  return openTelemetry(service, endpoint);
};

/** The first part of a process: it ends last, when no other one opens spans any more. */
export const tracingParts = (tracing: Tracing | undefined): Part[] =>
  tracing === undefined ? [] : [{ name: 'traces', stop: () => tracing.close() }];

/** Events of a batch as they are worked on together. Some know the span that they came from. */
type TracedBatch = { name: string; events: readonly { event: DeliveryEvent }[] };

/** Does `work` for a batch of delivery events, within one span for each of them that is traced. */
export const traceBatch = async <Result>(
  tracing: Tracing | undefined,
  { name, events }: TracedBatch,
  work: () => Promise<Result>,
): Promise<Result> => {
  if (tracing === undefined) return work();
  const parents = events.flatMap(({ event }) =>
    event.type === 'OUTCOME' && event.trace !== undefined ? event.trace : [],
  );
  const spans = parents.map((parent) => tracing.open({ name, kind: 'CONSUMER', parent }));
  const end = (isFault: boolean): void => spans.forEach((span) => span.end({}, isFault));
  const result = await work().catch((error: unknown) => {
    end(true);
    throw error;
  });
  end(false);
  return result;
};
