/** For specs: sinks with weights behind a dispatcher, and what became of the recipients. */
import { onlyConnections, type SendingServerConfig, type ServerLimits } from '@sendpool/contracts';
import { poolRecord, startSink, type Sink, type SinkOptions } from '@sendpool/testing';
import { createHarness, serverAt, type Harness } from './harness.fixture.ts';

/** Sinks a, b, c … with weights, all in one pool. */
export const setUp = async (
  weights: Record<string, number>,
  sinks: Record<string, SinkOptions & { connections?: number }> = {},
  harness: Harness = createHarness(),
) => {
  const running = new Map<string, Sink>();
  for (const id of Object.keys(weights)) {
    const sink = await startSink(sinks[id] ?? {});
    running.set(id, sink);
    harness.server(configOf(id, sink, sinks[id]?.connections));
  }
  harness.dispatcher.settings.pool(poolRecord(weights));
  const tearDown = async (): Promise<void> => {
    await harness[Symbol.asyncDispose]();
    for (const sink of running.values()) await sink.stop();
  };
  return { ...harness, sink: (id: string) => running.get(id)!, [Symbol.asyncDispose]: tearDown };
};

/** Settings of server `id` at a sink: so many connections, and what else is declared. */
export const configOf = (
  id: string,
  sink: Sink,
  connections = 2,
  limits: Partial<ServerLimits> = {},
): SendingServerConfig => serverAt(sink.port, { id, limits: { ...onlyConnections(connections), ...limits } });

export const recipientsAt = (...sinks: Sink[]): string[] =>
  sinks.flatMap((sink) => sink.received.map(({ to }) => to)).sort();

export const recipients = (count: number): string[] =>
  Array.from({ length: count }, (_, number) => `r${number}@example.org`).sort();

export const outcomesOf = (harness: Harness): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const reports of harness.keeper.finished.values())
    for (const { outcome } of reports) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
};
