/** Numbers of a process for Prometheus: its own, those of Node.js, and the delay of the event loop. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = {
  readonly registry: Registry;
  counter<Label extends string = string>(name: string, help: string, labels?: readonly Label[]): Counter<Label>;
  gauge<Label extends string = string>(name: string, help: string, labels?: readonly Label[]): Gauge<Label>;
  /** Buckets in seconds unless told; the default fits network calls. */
  histogram<Label extends string = string>(
    name: string,
    help: string,
    options?: { labels?: readonly Label[]; buckets?: readonly number[] },
  ): Histogram<Label>;
};
export type { Counter, Gauge, Histogram } from 'prom-client';

const prefix = 'sendpool_';
const seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * Every metric is named `sendpool_<name>` and carries the label `service`. Counters end in `_total`, times in `_seconds`; labels have few
 * values, known beforehand: ids of servers, lanes, words of the contracts. Throws when a name is used twice.
 */
export const createMetrics = (service: string): Metrics => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry, prefix });
  const base = { registers: [registry] };
  return {
    registry,
    counter: (name, help, labels = []) => new Counter({ ...base, name: prefix + name, help, labelNames: labels }),
    gauge: (name, help, labels = []) => new Gauge({ ...base, name: prefix + name, help, labelNames: labels }),
    histogram: (name, help, options = {}) =>
      new Histogram({
        ...base,
        name: prefix + name,
        help,
        labelNames: options.labels ?? [],
        buckets: [...(options.buckets ?? seconds)],
      }),
  };
};
