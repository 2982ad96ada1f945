/** The figures of bench whole as a person reads them. */
import { percent, table } from '../../apps/standalone/demo/print.ts';
import { serviceNames, type Shape } from '../../apps/standalone/src/shape.ts';
import type { WholeReport } from './whole.ts';

const sumOf = (values: Record<string, number>): number =>
  Object.values(values).reduce((total, value) => total + value, 0);

/** The shape of the system that was measured. */
export const inWords = ({ eventLog, replicas }: Shape): string =>
  `event log in ${eventLog === 'KAFKA' ? 'Apache Kafka' : 'PostgreSQL'}; ${serviceNames.map((name) => `${name} × ${replicas[name]}`).join(', ')}`;

const referenceLine = ({ reference, ratio }: WholeReport): string =>
  'skipped' in reference
    ? `reference: SKIPPED: ${reference.skipped}`
    : `reference: smtp-source -d -s 20 to the same server: ${reference.messagesPerSecond.toFixed(0)} messages/s; ratio ${ratio!.toFixed(2)}`;

export const printWhole = (report: WholeReport): void => {
  const { messagesPerSecond, accepted, received, seconds, cost } = report;
  console.log(`\n${inWords(report.shape)}`);
  console.log(
    `whole path: ${messagesPerSecond.toFixed(0)} messages/s (${accepted} accepted, ${received} received, ${seconds.toFixed(1)} s)`,
  );
  console.log(referenceLine(report));
  console.log(
    `CPU: ${percent(cost.ours, 0)} of all cores by what is in the table, ${percent(cost.machine, 0)} by the whole machine`,
  );
  const sum = sumOf(cost.perMessage);
  table(
    ['process', 'CPU µs a message', 'share'],
    [...Object.entries(cost.perMessage), ['sum', sum] as const].map(([name, value]) => [
      name,
      value.toFixed(1),
      percent(value / sum, 0),
    ]),
  );
};

/** One line for each number of senders. */
export const printCurve = (reports: readonly WholeReport[]): void => {
  const kinds = Object.keys(reports[0]!.cost.perMessage);
  console.log('\nCPU in µs a message, all processes of a kind together:');
  table(
    ['senders', 'messages/s', 'ratio', 'all', ...kinds, 'cores used', 'machine'],
    reports.map(({ shape, messagesPerSecond, ratio, cost }) => [
      String(shape.replicas.sender),
      messagesPerSecond.toFixed(0),
      ratio?.toFixed(2) ?? '-',
      sumOf(cost.perMessage).toFixed(0),
      ...kinds.map((kind) => cost.perMessage[kind]!.toFixed(0)),
      percent(cost.ours, 0),
      percent(cost.machine, 0),
    ]),
  );
};
