/** docker/ beside what the services need: every variable, port, probe and image name; and no secret in it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { envSchema as config } from '../../apps/config/src/env.ts';
import { envSchema as gateway } from '../../apps/gateway/src/env.ts';
import { schedulerEnv as scheduler } from '../../apps/scheduler/src/env.ts';
import { envSchema as sender } from '../../apps/sender/src/env.ts';
import { envSchema as stats } from '../../apps/stats/src/env.ts';

type Field = { safeParse(value: unknown): { success: boolean } };
type Fields = Record<string, Field>;
type Probe = { httpGet: { path: string; port: string } };
type Container = {
  image: string;
  ports: { name: string; containerPort: number }[];
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
  securityContext: { readOnlyRootFilesystem: boolean };
} & Record<'startupProbe' | 'readinessProbe' | 'livenessProbe', Probe>;
type Manifest = {
  kind: string;
  metadata: { name: string };
  spec: { template: { spec: { containers: Container[]; terminationGracePeriodSeconds: number } } };
};
type ComposeService = { image: string; environment: Record<string, string>; read_only?: boolean; ports?: string[] };

const schemas: Record<string, Fields> = {
  config: config.shape,
  gateway: gateway.shape,
  scheduler: scheduler.shape,
  sender: sender.shape,
  stats: stats.shape,
};
const apps = Object.keys(schemas);

/** Set by the image itself. */
const ofTheImage = new Set(['HTTP_HOST', 'HTTP_PORT']);
const isRequired = (field: Field): boolean => !field.safeParse(undefined).success;

const checkVariables = (app: string, given: readonly string[]): void => {
  const fields = schemas[app]!;
  const required = Object.keys(fields).filter((name) => isRequired(fields[name]!) && !ofTheImage.has(name));
  assert.deepEqual(
    required.filter((name) => !given.includes(name)),
    [],
    `${app} needs more`,
  );
  assert.deepEqual(
    given.filter((name) => fields[name] === undefined),
    [],
    `${app} knows nothing of`,
  );
};

const read = (file: string): string => readFileSync(`docker/${file}`, 'utf8');
const compose = parse(read('compose.yaml'), { merge: true }) as { services: Record<string, ComposeService> };
const dockerfile = read('app.Dockerfile');
const deploymentOf = (app: string): Manifest =>
  parseAllDocuments(read(`kubernetes/${app}.yaml`))
    .map((document) => document.toJS() as Manifest)
    .find(({ kind }) => kind === 'Deployment')!;

describe('the image', () => {
  it('is pinned by digest, has no root and no shell between node and SIGTERM', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base!);
    assert.ok(bases.length > 0);
    for (const base of bases) assert.match(base, /^node:24-[a-z]+-slim@sha256:[0-9a-f]{64}$/);
    assert.match(dockerfile, /^USER 1000:1000$/m);
    assert.match(dockerfile, /^STOPSIGNAL SIGTERM$/m);
    assert.match(dockerfile, /^CMD \["node", /m);
    assert.match(dockerfile, /npm ci --omit=dev /);
  });

  it('takes in no file that a developer keeps for himself', () => {
    const first = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .find((line) => !line.startsWith('#'));
    assert.equal(first, '*');
  });
});

describe('compose.yaml', () => {
  for (const app of apps)
    it(`gives ${app} what it needs and nothing it does not know, with a root that cannot be written`, () => {
      const service = compose.services[app]!;
      checkVariables(app, Object.keys(service.environment));
      assert.equal(service.image, `sendpool-${app}`);
      assert.equal(service.read_only, true);
    });

  it('lets only the gateway be reached from outside', () => {
    const open = Object.entries(compose.services).filter(([, { ports }]) => ports !== undefined);
    assert.deepEqual(
      open.map(([name]) => name),
      ['gateway'],
    );
  });
});

describe('the manifests', () => {
  for (const app of apps)
    it(`give ${app} what it needs, and probes that it answers`, () => {
      const { spec } = deploymentOf(app).spec.template;
      const [container] = spec.containers;
      checkVariables(
        app,
        container!.env.map(({ name }) => name),
      );
      assert.equal(container!.image, `sendpool-${app}`);
      assert.equal(container!.securityContext.readOnlyRootFilesystem, true);
      assert.ok(spec.terminationGracePeriodSeconds >= 40);
      assert.deepEqual(
        [container!.startupProbe, container!.readinessProbe, container!.livenessProbe].map(
          ({ httpGet }) => httpGet.path,
        ),
        ['/readyz', '/readyz', '/healthz'],
      );
    });

  it('are all named in the kustomization', () => {
    const { resources } = parse(read('kubernetes/kustomization.yaml')) as { resources: string[] };
    const files = readdirSync('docker/kubernetes').filter((file) => file.endsWith('.yaml'));
    const others = new Set(['kustomization.yaml', 'prometheus-adapter-rules.yaml']);
    assert.deepEqual(resources.toSorted(), files.filter((file) => !others.has(file)).toSorted());
  });

  it('hold no secret: each comes from the Secret of the same name', () => {
    const secret = /PASSWORD|SECRET|KEY|_URL$/;
    for (const app of apps)
      for (const { name, value } of deploymentOf(app).spec.template.spec.containers[0]!.env)
        if (secret.test(name)) assert.ok(value === undefined || value.startsWith('http://'), `${app} ${name}`);
  });
});
