/** Traces by OpenTelemetry, sent to an OTLP receiver over HTTP. Every span that is opened is sent: whether to open one is decided before. */
import { hostname } from 'node:os';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Tracing, TraceSpan } from './tracing.ts';

/** A collector that is away must not hold up the end of a process. */
const exportTimeoutMs = 3000;
const everyMs = 2000;

const createProvider = (service: string, endpoint: string): TracerProvider => {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: exportTimeoutMs });
  return new TracerProvider({
    sampler: new AlwaysOnSampler(),
    resource: resourceFromAttributes({
      'service.name': service,
      'service.namespace': 'sendpool',
      'service.instance.id': `${hostname()}:${process.pid}`,
    }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter, scheduledDelayMillis: everyMs, exportTimeoutMillis: exportTimeoutMs }),
    ],
  });
};

/** A text that is no traceparent begins a trace of its own. */
const contextOf = (parent: string | undefined): Context => {
  const known = parent === undefined ? null : parseTraceParent(parent);
  return known === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...known, isRemote: true });
};

const traceparentOf = (span: Span): string => {
  const { traceId, spanId } = span.spanContext();
  return `00-${traceId}-${spanId}-01`;
};

const spanOf = (span: Span): TraceSpan => ({
  traceparent: traceparentOf(span),
  end: (attributes = {}, isFault = false) => {
    span.setAttributes(attributes);
    if (isFault) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  },
});

export const openTelemetry = (service: string, endpoint: string): Tracing => {
  const provider = createProvider(service, endpoint);
  const tracer = provider.getTracer('sendpool');
  return {
    open: ({ name, kind, parent, startMs = Date.now(), attributes = {} }) =>
      spanOf(tracer.startSpan(name, { kind: SpanKind[kind], startTime: startMs, attributes }, contextOf(parent))),
    close: () => provider.shutdown(),
  };
};
