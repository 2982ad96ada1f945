/** The numbers of this service for Prometheus. */
import { breakerStates } from '@sendpool/contracts';
import type { Metrics } from '@sendpool/service';
import type { DeliveryObserver } from './delivery/context.ts';
import type { LaneAlarm, LaneState } from './domain/lane-types.ts';
import type { ServerState } from './domain/server-state.ts';

export type SenderMetrics = {
  readonly observer: Omit<DeliveryObserver, 'badContent'>;
  servers(states: readonly ServerState[]): void;
  lanes(states: readonly LaneState[]): void;
  alarm(code: LaneAlarm['code']): void;
};

const createObserver = (metrics: Metrics): SenderMetrics['observer'] => {
  const outcomes = metrics.counter('sender_outcomes_total', 'Ends of messages.', ['server', 'provider', 'outcome']);
  const failovers = metrics.counter('sender_failovers_total', 'Messages moved on because a server failed.', [
    'server',
    'stage',
  ]);
  const conversation = metrics.histogram('sender_conversation_duration_seconds', 'From MAIL to the last reply.', {
    labels: ['server'],
  });
  const start = metrics.histogram(
    'sender_start_duration_seconds',
    'From the wish to start until the start bit is durable.',
  );
  return {
    ended: ({ serverId, provider, outcome, latencyMs }) => {
      const server = serverId ?? 'none';
      outcomes.inc({ server, provider, outcome });
      if (latencyMs !== null) conversation.observe({ server }, latencyMs / 1000);
    },
    startTook: (ms) => start.observe(ms / 1000),
    failover: (server, stage) => failovers.inc({ server, stage }),
  };
};

const createServerGauges = (metrics: Metrics): SenderMetrics['servers'] => {
  const queued = metrics.gauge('sender_queue_depth', 'Messages that wait for a connection.', ['server']);
  const inFlight = metrics.gauge('sender_in_flight', 'Messages in conversation.', ['server']);
  const connections = metrics.gauge('sender_connections', 'Open connections.', ['server']);
  const breaker = metrics.gauge('sender_breaker_state', '1 for the state of the breaker, 0 for the others.', [
    'server',
    'state',
  ]);
  return (states) => {
    for (const gauge of [queued, inFlight, connections, breaker]) gauge.reset();
    for (const state of states) {
      const server = state.serverId;
      queued.set({ server }, state.queued);
      inFlight.set({ server }, state.inFlight);
      connections.set({ server }, state.connections);
      for (const one of breakerStates) breaker.set({ server, state: one }, Number(one === state.breaker));
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

const alarmCodes: readonly LaneAlarm['code'][] = ['LEDGER_LOST', 'BAD_RECORD'];

export const createSenderMetrics = (metrics: Metrics): SenderMetrics => {
  const help = 'Lost ledgers and records that cannot be read.';
  const alarms = metrics.counter('sender_lane_alarms_total', help, ['code']);
  // A counter that comes into the world as 1 has never increased for Prometheus.
  for (const code of alarmCodes) alarms.inc({ code }, 0);
  return {
    observer: createObserver(metrics),
    servers: createServerGauges(metrics),
    lanes: createLaneGauges(metrics),
    alarm: (code) => alarms.inc({ code }),
  };
};
