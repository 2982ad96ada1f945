/** The figures of bench live as a person reads them. */
import { percent, table } from '../../apps/standalone/demo/print.ts';
import { liveGoals, type LiveReport } from './live-report.ts';
import type { Transport } from './live-words.ts';
import { inWords } from './print-whole.ts';

const words: Record<Transport, string> = {
  WEBSOCKET: 'WebSocket, through the gateway',
  SSE: 'server-sent events, through the gateway',
  DIRECT: 'server-sent events, from stats itself',
};

const count = (value: number): string => Math.round(value).toLocaleString('en');

export const printLive = (report: LiveReport): void => {
  const { shape, subscribers, filters, seconds, delays, append, cpu, memory, missing, doubled } = report;
  console.log(
    `\n${inWords(shape)}\n${count(subscribers)} subscriptions, ${filters} filters, ${seconds} s: ${count(report.eventsPerSecond)} events/s in the log, ` +
      `${count(report.messagesPerSecond)} messages/s to clients, ${count(report.deliveries)} events delivered`,
  );
  table(
    ['from append to client', 'p50', 'p99', 'most (ms)'],
    Object.entries(delays).map(([name, { p50, p99, most }]) => [
      words[name as Transport],
      String(p50),
      String(p99),
      String(most),
    ]),
  );
  console.log(`of that the append itself: p50 ${append.p50.toFixed(1)} ms, p99 ${append.p99.toFixed(1)} ms`);
  table(
    ['process', 'of a core', 'MB in the first third', 'in the last third'],
    Object.entries(cpu).map(([name, share]) => {
      const { first, last } = memory[name] ?? {};
      return [name, percent(share, 0), first?.toFixed(0) ?? '', last?.toFixed(0) ?? ''];
    }),
  );
  console.log(
    `${missing} events missing, ${doubled} doubled; goals: none, p99 at most ${liveGoals.p99} ms, memory flat`,
  );
  console.log(report.good ? 'The goals are met.' : 'A goal is missed.');
};
