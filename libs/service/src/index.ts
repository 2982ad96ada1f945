export type { Part } from './part.ts';
export { openedPart } from './opened-part.ts';
export { repeat } from './repeat.ts';
export { decodeOr } from './decode-or.ts';
export { createLog, logLevels, type Log, type LogLevel } from './log.ts';
export { redact, redactText } from './redact.ts';
export { createMetrics, type Counter, type Gauge, type Histogram, type Metrics } from './metrics.ts';
export { createEventLogMetrics, createLagGauge } from './event-log-metrics.ts';
export { createDoorMetrics, createGatewayMetrics } from './graphql-metrics.ts';
export {
  createTracing,
  traceBatch,
  tracingParts,
  type SpanAttributes,
  type SpanStart,
  type TraceSpan,
  type Tracing,
} from './tracing.ts';
export { createRequestTraces } from './request-traces.ts';
export { commonEnv, readEnv } from './env.ts';
export { checkWritable, makeFolder } from './folders.ts';
export { parseCommandLine, readCommandLine, refuseCommandLine } from './command-line.ts';
export { keyIdOf, openingKeys, openSecret, sealSecret } from './credentials.ts';
export { signRequest, streamedBody, verifyRequest, type SignedRequest } from './signing.ts';
export { answerJson, type HttpOptions, type Route } from './http.ts';
export type { Upgrade } from './upgrades.ts';
export { startService, type RunningService, type ServiceOptions } from './start-service.ts';
export { runService } from './run-service.ts';
