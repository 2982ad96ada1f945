/** What must hold for the Deployment of each service: variables, probes, security, time to stop, and no secret written down. */
import { manifestFiles, manifestFolder, parseObjects, type Texts } from './texts.ts';
import { isSecret, serviceNames, variableFaults } from './variables.ts';

type Reference = { name: string; key: string };
type Variable = {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef?: Reference; configMapKeyRef?: Reference };
};
type Probe = { httpGet: { path: string; port: string } };
type Container = {
  image: string;
  ports: { name: string; containerPort: number }[];
  env: Variable[];
  resources: { requests?: Record<string, string>; limits?: Record<string, string> };
  securityContext: {
    readOnlyRootFilesystem: boolean;
    allowPrivilegeEscalation: boolean;
    capabilities: { drop: string[] };
  };
  volumeMounts: { mountPath: string }[];
} & Record<'startupProbe' | 'readinessProbe' | 'livenessProbe', Probe>;
type Pod = {
  containers: Container[];
  terminationGracePeriodSeconds: number;
  automountServiceAccountToken: boolean;
  topologySpreadConstraints?: unknown[];
  securityContext: { runAsNonRoot: boolean; runAsUser: number; seccompProfile: { type: string } };
};
export type Manifest = {
  kind: string;
  metadata: { name: string };
  spec: {
    template: { spec: Pod };
    selector: { matchLabels: Record<string, string> };
    replicas?: number;
    maxUnavailable?: number;
    ports?: { targetPort: string }[];
  };
};
type Rule = { fault: string; holds(container: Container, pod: Pod): boolean };

const leastGraceSeconds = 40;

const rules: readonly Rule[] = [
  { fault: 'has more containers than one', holds: (_container, pod) => pod.containers.length === 1 },
  { fault: 'may run as root', holds: (_container, { securityContext: own }) => own.runAsNonRoot && own.runAsUser > 0 },
  {
    fault: 'has no seccomp profile',
    holds: (_container, { securityContext: own }) => own.seccompProfile.type === 'RuntimeDefault',
  },
  { fault: 'gets a token of the cluster', holds: (_container, pod) => !pod.automountServiceAccountToken },
  {
    fault: 'has less time to stop',
    holds: (_container, pod) => pod.terminationGracePeriodSeconds >= leastGraceSeconds,
  },
  { fault: 'is not spread over nodes', holds: (_container, pod) => (pod.topologySpreadConstraints ?? []).length > 0 },
  { fault: 'has a root that can be written', holds: (container) => container.securityContext.readOnlyRootFilesystem },
  { fault: 'may gain privileges', holds: (container) => !container.securityContext.allowPrivilegeEscalation },
  { fault: 'keeps capabilities', holds: (container) => container.securityContext.capabilities.drop.join() === 'ALL' },
  { fault: 'is not asked at /readyz for its start', holds: ({ startupProbe: probe }) => asks(probe, '/readyz') },
  { fault: 'is not asked at /readyz', holds: ({ readinessProbe: probe }) => asks(probe, '/readyz') },
  { fault: 'is not asked at /healthz', holds: ({ livenessProbe: probe }) => asks(probe, '/healthz') },
  {
    fault: 'does not listen on 8080',
    holds: ({ ports }) => ports.some((port) => port.name === 'http' && port.containerPort === 8080),
  },
  {
    fault: 'asks for no resources',
    holds: ({ resources: { requests } }) => Boolean(requests?.['cpu'] && requests['memory']),
  },
  { fault: 'has no limit of memory', holds: ({ resources: { limits } }) => limits?.['memory'] !== undefined },
  { fault: 'has no folder behind STATE_DIR', holds: hasStateFolder },
];

function asks(probe: Probe | undefined, path: string): boolean {
  return probe?.httpGet.path === path && probe.httpGet.port === 'http';
}

function hasStateFolder({ env, volumeMounts }: Container): boolean {
  const folder = env.find(({ name }) => name === 'STATE_DIR')?.value;
  return folder === undefined || volumeMounts.some(({ mountPath }) => mountPath === folder);
}

/** A secret comes from the Secret `sendpool`, by the name of its variable. */
const isWrittenDown = ({ name, valueFrom }: Variable): boolean =>
  isSecret(name) && (valueFrom?.secretKeyRef?.name !== 'sendpool' || valueFrom.secretKeyRef.key !== name);

const deploymentFaults = (service: string, { spec }: Manifest): string[] => {
  const pod = spec.template.spec;
  const [container] = pod.containers as [Container];
  const given = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  return [
    ...rules.filter(({ holds }) => !holds(container, pod)).map(({ fault }) => `${service} ${fault}`),
    ...(container.image === `sendpool-${service}` ? [] : [`${service} runs the image ${container.image}`]),
    ...variableFaults(service, given),
    ...container.env.filter(isWrittenDown).map(({ name }) => `${service} has ${name} written down`),
  ];
};

/** The sender answers nobody but probes and scrapes: it has no Service. */
const kindsOf = (service: string): string[] => [
  'Deployment',
  'PodDisruptionBudget',
  ...(service === 'sender' ? [] : ['Service']),
];

const isOf = (service: string, { metadata, spec }: Manifest): boolean =>
  metadata.name === service &&
  (spec.selector.matchLabels ?? spec.selector)['app.kubernetes.io/name' as never] === service;

const serviceFaults = (service: string, text: string | undefined): string[] => {
  if (text === undefined) return [`there is no ${service}.yaml`];
  const objects = parseObjects(text) as Manifest[];
  const find = (kind: string): Manifest | undefined => objects.find((one) => one.kind === kind && isOf(service, one));
  const missing = kindsOf(service).filter((kind) => find(kind) === undefined);
  const deployment = find('Deployment');
  return [
    ...missing.map((kind) => `${service} has no ${kind} of its name`),
    ...(deployment === undefined ? [] : deploymentFaults(service, deployment)),
  ];
};

const secretObjects = (texts: Texts): string[] =>
  manifestFiles(texts).filter((file) =>
    (parseObjects(texts[file]!) as Manifest[]).some(({ kind }) => kind === 'Secret'),
  );

export const manifestFaults = (texts: Texts): string[] => [
  ...serviceNames.flatMap((service) => serviceFaults(service, texts[`${manifestFolder}${service}.yaml`])),
  ...secretObjects(texts).map((file) => `${file} holds a Secret`),
];
