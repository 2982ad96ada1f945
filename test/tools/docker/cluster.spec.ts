/** Each rule for what stands between the manifests bites, and the metric of the autoscaler is one that services tell. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLagGauge, createMetrics } from '@sendpool/service';
import { lagMetric } from '../../../tools/docker/cluster-rules.ts';
import { eachIsFound, manifest, type Spoiling } from './spoil.ts';

const spoilings: Spoiling[] = [
  {
    what: 'a file left out',
    file: manifest('kustomization'),
    from: '  - sender.yaml\n',
    to: '',
    fault: /does not name sender\.yaml/,
  },
  {
    what: 'a file too many',
    file: manifest('kustomization'),
    from: '  - sender.yaml\n',
    to: '  - sender.yaml\n  - other.yaml\n',
    fault: /names other\.yaml/,
  },
  {
    what: 'a latest tag',
    file: manifest('kustomization'),
    from: /newTag: [\d.]+/,
    to: 'newTag: latest',
    fault: /gives sendpool-gateway no tag/,
  },
  {
    what: 'a setting that nobody makes',
    file: manifest('kustomization'),
    from: '- LANES=',
    to: '- LANE=',
    fault: /makes no sendpool\.LANES/,
  },
  {
    what: 'another target',
    file: manifest('sender-autoscaler'),
    from: 'kind: Deployment, name: sender',
    to: 'kind: Deployment, name: stats',
    fault: /does not scale the sender/,
  },
  {
    what: 'a metric that nobody makes',
    file: manifest('sender-autoscaler'),
    from: 'name: sendpool_',
    to: 'name: other_',
    fault: /does not make the metric/,
  },
  {
    what: 'a series that nobody tells',
    file: manifest('prometheus-adapter-rules'),
    from: /send-requests/g,
    to: 'requests',
    fault: /does not ask for/,
  },
  {
    what: 'a fast way down',
    file: manifest('sender-autoscaler'),
    from: 'Seconds: 600',
    to: 'Seconds: 60',
    fault: /too fast/,
  },
  {
    what: 'no autoscaler',
    file: manifest('sender-autoscaler'),
    from: 'kind: Horizontal',
    to: 'kind: Vertical',
    fault: /no HorizontalPodAutoscaler/,
  },
  {
    what: 'an open subgraph',
    file: manifest('network-policies'),
    from: /from: \[\{ podSelector.*\n +ports/,
    to: 'ports',
    fault: /reached from anywhere: gateway, config, scheduler, stats/,
  },
  {
    what: 'a closed gateway',
    file: manifest('network-policies'),
    from: /(kubernetes\.io\/name: )gateway/,
    to: '$1other',
    fault: /reached from anywhere: nothing/,
  },
  {
    what: 'no denial',
    file: manifest('network-policies'),
    from: 'part-of: sendpool',
    to: 'part-of: other',
    fault: /denies/,
  },
];

eachIsFound('the manifests together', spoilings);

it('the autoscaler asks for a metric of the name that services use', () => {
  const metrics = createMetrics('any');
  createLagGauge(metrics);
  assert.ok(metrics.registry.getSingleMetric(lagMetric));
});
