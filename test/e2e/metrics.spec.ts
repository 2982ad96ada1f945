/** What services expose is what docs/operations.md lists, name by name and label by label. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import { serviceNames } from '../../apps/standalone/src/shape.ts';
import { documentedMetrics, foreignMetrics } from '../tools/metric-table.ts';
import { command, endStage, isFinished, processesOf, setStage, waitUntil, type Stage } from './stage.ts';

const documented = documentedMetrics(readFileSync('docs/operations.md', 'utf8'));

type Exposed = { type: string; labels: Set<string> };

const namesOf = (labels: string): string[] => [...labels.matchAll(/(\w+)="/g)].map(([, name]) => name!);

/** By name, without what every service has from prom-client. */
const parseMetrics = (text: string): Map<string, Exposed> => {
  const exposed = new Map<string, Exposed>();
  for (const [, name, type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm))
    if (!foreignMetrics.some((form) => form.test(name!))) exposed.set(name!, { type: type!, labels: new Set() });
  for (const [, name, labels] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const metric = exposed.get(name!) ?? exposed.get(name!.replace(/_(bucket|sum|count)$/, ''));
    for (const label of namesOf(labels ?? '')) if (label !== 'service' && label !== 'le') metric?.labels.add(label);
  }
  return exposed;
};

describe('the metrics of a system that has sent a campaign', () => {
  let sink: Sink;
  let stage: Stage;
  const exposed = new Map<string, Map<string, Exposed>>();

  const scrape = async (): Promise<void> => {
    for (const service of serviceNames) {
      const { port } = processesOf(stage)[service]!;
      exposed.set(service, parseMetrics(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()));
    }
  };

  before(async () => {
    sink = await startSink({});
    stage = await setStage({ targets: [{ name: 'server', port: sink.port, weight: 1 }], recipients: 100 });
    await command(stage, 'startCampaign');
    await waitUntil(stage, isFinished);
    // Lanes and lag are measured every ten seconds.
    await sleep(11_000);
    await scrape();
  });
  after(async () => {
    await endStage(stage);
    await sink.stop();
  });

  it('are those of the runbook, in every service, both ways', () => {
    for (const service of serviceNames) {
      const listed = documented.filter(({ services }) => services.includes(service)).map(({ name }) => name);
      assert.deepEqual([...exposed.get(service)!.keys()].toSorted(), listed.toSorted(), service);
    }
  });

  it('have the labels that the runbook says, and no others', () => {
    let seen = 0;
    for (const { name, services, labels } of documented)
      for (const service of services) {
        const has = exposed.get(service)!.get(name)!.labels;
        // Without a sample nothing can be seen.
        if (has.size === 0) continue;
        seen += 1;
        assert.deepEqual([...has].toSorted(), [...labels].toSorted(), `${service}: ${name}`);
      }
    assert.ok(seen > 30, `only ${seen} metrics had labels to look at`);
  });

  it('are named in one way: counters end in _total, histograms of time in _seconds, gauges in neither', () => {
    for (const metrics of exposed.values())
      for (const [name, { type }] of metrics) {
        assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`);
        if (type === 'histogram') assert.match(name, /_(seconds|records)$/);
      }
  });

  it('count what was sent', () => {
    assert.equal(sink.received.length, 100);
    assert.ok(exposed.get('sender')!.get('sendpool_sender_outcomes_total')!.labels.has('provider'));
  });
});
