/** What must hold between the manifests: kustomize names them all, references lead somewhere, policies shut the subgraphs in, the autoscaler asks for a metric that exists. */
import { sendRequestsTopic } from '@sendpool/contracts';
import type { Manifest } from './manifest-rules.ts';
import {
  adapterRules,
  kustomization,
  manifestFiles,
  manifestFolder,
  parseObjects,
  parseYaml,
  type Texts,
} from './texts.ts';
import { serviceNames } from './variables.ts';

type Kustomization = {
  resources: string[];
  images: { name: string; newTag?: string }[];
  configMapGenerator: { name: string; literals: string[] }[];
};
type Adapter = { rules: { external: { seriesQuery: string; metricsQuery: string; name: { as: string } }[] } };
type Autoscaler = {
  spec: {
    scaleTargetRef: { kind: string; name: string };
    metrics: { type: string; external: { metric: { name: string } } }[];
    behavior: { scaleDown: { stabilizationWindowSeconds: number } };
  };
};
type Policy = {
  kind: string;
  spec: {
    podSelector: { matchLabels?: Record<string, string>; matchExpressions?: { values: string[] }[] };
    ingress?: { from?: unknown }[];
  };
};

const nameLabel = 'app.kubernetes.io/name';
const missingFrom = (wanted: readonly string[], given: readonly string[]): string[] =>
  wanted.filter((one) => !given.includes(one));

const kustomizationFaults = (texts: Texts): string[] => {
  const { resources, images } = parseYaml(texts[kustomization]!) as Kustomization;
  const files = manifestFiles(texts).map((file) => file.slice(manifestFolder.length));
  const tagged = images.filter(({ newTag }) => newTag !== undefined && newTag !== 'latest').map(({ name }) => name);
  return [
    ...missingFrom(files, resources).map((file) => `does not name ${file}`),
    ...missingFrom(resources, files).map((file) => `names ${file}, which is not there`),
    ...missingFrom(
      serviceNames.map((name) => `sendpool-${name}`),
      tagged,
    ).map((image) => `gives ${image} no tag`),
  ].map((fault) => `${kustomization} ${fault}`);
};

/** Keys of the ConfigMap that containers ask for and nobody makes: such a pod would not start. */
const configMapFaults = (texts: Texts): string[] => {
  const { configMapGenerator } = parseYaml(texts[kustomization]!) as Kustomization;
  const made = configMapGenerator.flatMap(({ name, literals }) =>
    literals.map((line) => `${name}.${line.split('=', 1)[0]}`),
  );
  const asked = serviceNames.flatMap((service) =>
    [
      ...(texts[`${manifestFolder}${service}.yaml`] ?? '').matchAll(/configMapKeyRef: \{ name: (\w+), key: (\w+) \}/g),
    ].map(([, name, key]) => `${name}.${key}`),
  );
  return missingFrom([...new Set(asked)], made).map((key) => `${kustomization} makes no ${key}`);
};

const objectsOf = (texts: Texts): Manifest[] =>
  manifestFiles(texts).flatMap((file) => parseObjects(texts[file]!) as Manifest[]);

/** The metric as the services name it; libs/service adds the prefix. */
export const lagMetric = 'sendpool_event_log_lag';

const scalingFaults = (texts: Texts): string[] => {
  const autoscaler = objectsOf(texts).find(({ kind }) => kind === 'HorizontalPodAutoscaler') as unknown as
    Autoscaler | undefined;
  if (autoscaler === undefined) return ['there is no HorizontalPodAutoscaler'];
  const { scaleTargetRef, metrics, behavior } = autoscaler.spec;
  const { external } = (parseYaml(texts[adapterRules]!) as Adapter).rules;
  const rule = external.find(({ name }) => name.as === metrics[0]?.external.metric.name);
  const series = `${lagMetric}{topic="${sendRequestsTopic.name}"}`;
  return [
    ...(scaleTargetRef.kind === 'Deployment' && scaleTargetRef.name === 'sender'
      ? []
      : ['the autoscaler does not scale the sender']),
    ...(rule === undefined ? [`${adapterRules} does not make the metric of the autoscaler`] : []),
    ...(rule?.seriesQuery === series && rule.metricsQuery.includes(series)
      ? []
      : [`${adapterRules} does not ask for ${series}`]),
    ...(behavior.scaleDown.stabilizationWindowSeconds >= 300 ? [] : ['the autoscaler takes senders away too fast']),
  ];
};

const selects = ({ spec: { podSelector } }: Policy, service: string): boolean =>
  podSelector.matchLabels?.[nameLabel] === service ||
  podSelector.matchExpressions?.some(({ values }) => values.includes(service)) === true;

const isOpen = ({ spec: { ingress = [] } }: Policy): boolean => ingress.some(({ from }) => from === undefined);

const policyFaults = (texts: Texts): string[] => {
  const policies = objectsOf(texts).filter(({ kind }) => kind === 'NetworkPolicy') as unknown as Policy[];
  const deniesAll = policies.some(
    ({ spec }) =>
      spec.ingress === undefined && spec.podSelector.matchLabels?.['app.kubernetes.io/part-of'] === 'sendpool',
  );
  const open = serviceNames.filter((service) => policies.some((policy) => isOpen(policy) && selects(policy, service)));
  return [
    ...(deniesAll ? [] : ['no NetworkPolicy denies what none allows']),
    ...(open.join() === 'gateway'
      ? []
      : [`reached from anywhere: ${open.join(', ') || 'nothing'}, not just the gateway`]),
  ];
};

export const clusterFaults = (texts: Texts): string[] => [
  ...kustomizationFaults(texts),
  ...configMapFaults(texts),
  ...scalingFaults(texts),
  ...policyFaults(texts),
];
