/** The table of metrics in docs/operations.md. */

export type DocumentedMetric = {
  readonly name: string;
  readonly services: readonly string[];
  readonly labels: readonly string[];
};

const everyService = ['gateway', 'config', 'scheduler', 'stats', 'sender'];

/** Exposed by prom-client in every service, and by others that Prometheus scrapes. */
export const foreignMetrics: readonly RegExp[] = [
  /^sendpool_(process|nodejs)_/,
  /^up$/,
  /^node_filesystem_(avail|size)_bytes$/,
];

const words = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);

export const documentedMetrics = (runbook: string): DocumentedMetric[] =>
  [...runbook.matchAll(/^\| `(sendpool_\w+)` +\|([^|]*)\|([^|]*)\|/gm)].map(([, name, services, labels]) => ({
    name: name!,
    services: services!.trim() === 'all' ? everyService : words(services!),
    labels: words(labels!),
  }));

/** With those that every metric has in Prometheus. */
export const labelsOf = ({ labels }: DocumentedMetric): string[] => [...labels, 'service', 'instance', 'job', 'le'];
