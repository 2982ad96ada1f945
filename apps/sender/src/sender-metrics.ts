/** The numbers of this service for Prometheus. */
import { breakerStates } from '@sendpool/contracts';
import type { Metrics } from '@sendpool/service';
import type { DeliveryObserver } from './delivery/context.ts';
import type { LaneState } from './domain/lane-types.ts';
import type { ServerState } from './domain/server-state.ts';

export type SenderMetrics = {
  readonly observer: Omit<DeliveryObserver, 'badContent'>;
  servers(states: readonly ServerState[]): void;
  lanes(states: readonly LaneState[]): void;
  alarm(code: string): void;
};

const createObserver = (metrics: Metrics): SenderMetrics['observer'] => {
  const outcomes = metrics.counter('sender_outcomes', 'Ends of messages.', ['server', 'provider', 'outcome']);
  const failovers = metrics.counter('sender_failovers', 'Messages moved on because a server failed.', [
    'server',
    'stage',
  ]);
  const conversation = metrics.histogram('sender_conversation_seconds', 'From MAIL to the last reply.');
  const start = metrics.histogram('sender_start_seconds', 'Until a start bit is durable.');
  return {
    ended: ({ serverId, provider, outcome, latencyMs }) => {
      outcomes.inc({ server: serverId ?? 'none', provider, outcome });
      if (latencyMs !== null) conversation.observe(latencyMs / 1000);
    },
    startTook: (ms) => start.observe(ms / 1000),
    failover: (server, stage) => failovers.inc({ server, stage }),
  };
};

const createServerGauges = (metrics: Metrics): SenderMetrics['servers'] => {
  const queued = metrics.gauge('sender_queue_depth', 'Messages that wait for a connection.', ['server']);
  const inFlight = metrics.gauge('sender_in_flight', 'Messages in conversation.', ['server']);
  const connections = metrics.gauge('sender_connections', 'Open connections.', ['server']);
  const breaker = metrics.gauge('sender_breaker', 'Position in CLOSED, OPEN, HALF_OPEN, SLOW_START.', ['server']);
  return (states) => {
    for (const gauge of [queued, inFlight, connections, breaker]) gauge.reset();
    for (const state of states) {
      const labels = { server: state.serverId };
      queued.set(labels, state.queued);
      inFlight.set(labels, state.inFlight);
      connections.set(labels, state.connections);
      breaker.set(labels, breakerStates.indexOf(state.breaker));
    }
  };
};

const createLaneGauges = (metrics: Metrics): SenderMetrics['lanes'] => {
  const window = metrics.gauge('sender_lane_window', 'Records read and not settled.', ['lane']);
  const started = metrics.gauge('sender_lane_started', 'Messages started and not done.', ['lane']);
  const waiting = metrics.gauge('sender_lane_waiting', 'Records that wait for a revision of their campaign.', ['lane']);
  return (states) => {
    for (const gauge of [window, started, waiting]) gauge.reset();
    for (const state of states) {
      const labels = { lane: String(state.lane) };
      window.set(labels, state.window);
      started.set(labels, state.started);
      waiting.set(labels, state.waiting);
    }
  };
};

export const createSenderMetrics = (metrics: Metrics): SenderMetrics => {
  const alarms = metrics.counter('sender_lane_alarms', 'Lost ledgers and records that cannot be read.', ['code']);
  return {
    observer: createObserver(metrics),
    servers: createServerGauges(metrics),
    lanes: createLaneGauges(metrics),
    alarm: (code) => alarms.inc({ code }),
  };
};
