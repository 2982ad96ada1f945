/** The runbook, the alerts and the dashboard speak of the same things. What services really expose: test/e2e/metrics.spec.ts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { documentedMetrics, foreignMetrics, labelsOf, type DocumentedMetric } from './metric-table.ts';
import { readPromql, type Selector } from './promql.ts';

type Rule = { alert: string; expr: string; labels: { severity: string }; annotations: Record<string, string> };
type Panel = { title: string; targets?: { expr: string }[] };

const runbook = readFileSync('docs/operations.md', 'utf8');
const rules = (
  parse(readFileSync('docker/prometheus/alerts.yml', 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(readFileSync('docker/grafana/dashboard.json', 'utf8')) as { panels: Panel[] };
const drawn = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ where: `panel ${title}`, expr })),
);
const expressions = [...rules.map(({ alert, expr }) => ({ where: `alert ${alert}`, expr })), ...drawn];
const metrics = documentedMetrics(runbook);

const faultOf = ({ metric, labels, isRange }: Selector): string | undefined => {
  if (foreignMetrics.some((form) => form.test(metric))) return undefined;
  const known: DocumentedMetric | undefined = metrics.find(
    ({ name }) => metric.replace(/_(bucket|sum|count)$/, '') === name || metric === name,
  );
  if (known === undefined) return `${metric} is not in the table of docs/operations.md`;
  const strange = labels.find((label) => !labelsOf(known).includes(label));
  if (strange !== undefined) return `${metric} has no label ${strange}`;
  return metric.endsWith('_total') && !isRange ? `${metric} is a counter: its value says nothing` : undefined;
};

describe('the runbook', () => {
  it('explains every alert, and no other, and each alert links to its place', () => {
    const explained = [...runbook.matchAll(/^### (Sendpool\w+)$/gm)].map(([, name]) => name!);
    assert.deepEqual(explained.toSorted(), rules.map(({ alert }) => alert).toSorted());
    for (const { alert, annotations, labels } of rules) {
      assert.equal(annotations['runbook_url'], `docs/operations.md#${alert.toLowerCase()}`);
      assert.ok(annotations['summary']);
      assert.match(labels.severity, /^(page|ticket)$/);
    }
  });

  it('has every place that it sends its reader to', () => {
    const places = new Set(
      [...runbook.matchAll(/^##+ (.*)$/gm)].map(([, title]) =>
        title!
          .toLowerCase()
          .replaceAll(/[^a-z\d -]/g, '')
          .replaceAll(' ', '-'),
      ),
    );
    for (const [, link] of runbook.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(places.has(link!), link);
    for (const [, alert] of runbook.matchAll(/`(Sendpool\w+)`/g))
      assert.ok(
        rules.some((rule) => rule.alert === alert),
        alert,
      );
  });
});

describe('alerts and dashboard', () => {
  it('are PromQL over metrics that the runbook names, with labels that these have', () => {
    assert.ok(expressions.length > 60);
    const faults = expressions.flatMap(({ where, expr }) =>
      readPromql(expr)
        .selectors.flatMap((selector) => faultOf(selector) ?? [])
        .map((fault) => `${where}: ${fault}`),
    );
    assert.deepEqual(faults, []);
  });

  it('are found out when they name what is not there', () => {
    const wrong = [
      'sendpool_sender_outcome_total[1m]',
      'sendpool_event_log_lag{lanes="1"}',
      'sendpool_sender_outcomes_total',
    ];
    for (const text of wrong) {
      const [selector] = readPromql(text.endsWith(']') ? `rate(${text})` : text).selectors;
      assert.ok(faultOf(selector!), text);
    }
  });
});
