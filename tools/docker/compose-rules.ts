/** What must hold for compose.yaml: each service gets what it reads, is shut in, can be scaled, and no secret is written down. */
import { composeFile, dockerfile, parseYaml, type Texts } from './texts.ts';
import { isSecret, serviceNames, variableFaults } from './variables.ts';

type Environment = Record<string, string | number>;
type Service = {
  image?: string;
  build?: { dockerfile?: string; args?: Record<string, string> };
  environment?: Environment;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  ports?: string[];
  container_name?: string;
  stop_grace_period?: string;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  deploy?: { resources?: { limits?: { memory?: string } } };
};
type Compose = { services: Record<string, Service> };
type Rule = { fault: string; holds(service: Service, name: string): boolean };

/** A service may take 30 s to stop. */
const leastGraceSeconds = 40;

const everywhere: readonly Rule[] = [
  { fault: 'keeps capabilities', holds: ({ cap_drop: dropped }) => dropped?.join() === 'ALL' },
  {
    fault: 'may gain privileges',
    holds: ({ security_opt: options }) => options?.includes('no-new-privileges:true') === true,
  },
  { fault: 'has no limit of memory', holds: ({ deploy }) => deploy?.resources?.limits?.memory !== undefined },
  { fault: 'has no health check', holds: ({ healthcheck }) => healthcheck !== undefined },
  { fault: 'has a fixed name and cannot be scaled', holds: (service) => service.container_name === undefined },
];

const ofServices: readonly Rule[] = [
  { fault: 'has a root that can be written', holds: (service) => service.read_only === true },
  { fault: 'is not named after its image', holds: ({ image }, name) => image === `sendpool-${name}` },
  {
    fault: 'is not built from the Dockerfile with its own name',
    holds: ({ build }, name) => build?.dockerfile === dockerfile && build.args?.['APP'] === name,
  },
  {
    fault: `has less than ${leastGraceSeconds} s to stop`,
    holds: (service) => Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '')?.[1]) >= leastGraceSeconds,
  },
  {
    fault: 'is not asked at /readyz',
    holds: ({ healthcheck }) => /:8080\/readyz'/.test(healthcheck?.test.at(-1) ?? ''),
  },
  {
    fault: 'does not wait for a healthy Kafka and PostgreSQL',
    holds: ({ depends_on: needs }) =>
      ['kafka', 'postgres'].every((name) => needs?.[name]?.condition === 'service_healthy'),
  },
  {
    fault: 'has ports, though only the gateway is to be reached, or one port that cannot be scaled',
    holds: ({ ports }, name) =>
      name === 'gateway' ? ports?.every((port) => /:\d+-\d+:8080$/.test(port)) === true : ports === undefined,
  },
];

/** Others' images: pinned, and not to be reached from outside. */
const ofOthers: readonly Rule[] = [
  { fault: 'is not pinned by digest', holds: ({ image }) => /:[\w.-]+@sha256:[0-9a-f]{64}$/.test(image ?? '') },
  { fault: 'has ports, though only the gateway is to be reached', holds: ({ ports }) => ports === undefined },
];

const yearInMinutes = 365 * 24 * 60;
const kafkaFaults = (environment: Environment): string[] => [
  ...(Number(environment['KAFKA_OFFSETS_RETENTION_MINUTES']) >= yearInMinutes
    ? []
    : ['kafka forgets the offsets of a group']),
  ...(environment['KAFKA_AUTO_CREATE_TOPICS_ENABLE'] === 'false' ? [] : ['kafka makes topics that nobody asked for']),
];

const broken = (rules: readonly Rule[], [name, service]: [string, Service]): string[] =>
  rules.filter(({ holds }) => !holds(service, name)).map(({ fault }) => `${name} ${fault}`);

/** `${NAME:-standard}` is its standard; other interpolations are known only later. */
const known = (value: string | number): string | undefined => {
  const text = String(value).replace(/\$\{\w+:-([^}]*)\}/g, '$1');
  return text.includes('${') ? undefined : text;
};

/** The address of a broker without a login is no secret. */
const isWrittenDown = (name: string, value: string | undefined): boolean =>
  isSecret(name) && value !== undefined && value !== '' && !/^kafka:\/\/[^@]*$/.test(value);

const faultsOf = (name: string, service: Service): string[] => {
  const { environment = {} } = service;
  const isOurs = serviceNames.includes(name);
  const given = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, known(value)]));
  return [
    ...broken([...everywhere, ...(isOurs ? ofServices : ofOthers)], [name, service]),
    ...(isOurs ? variableFaults(name, given) : []),
    ...Object.keys(given)
      .filter((variable) => isWrittenDown(variable, given[variable]))
      .map((variable) => `${name} has ${variable} written down`),
    ...(name === 'kafka' ? kafkaFaults(environment) : []),
  ];
};

export const composeFaults = (texts: Texts): string[] => {
  const { services } = parseYaml(texts[composeFile]!) as Compose;
  const missing = serviceNames.filter((name) => services[name] === undefined).map((name) => `there is no ${name}`);
  const faults = Object.entries(services).flatMap(([name, service]) => faultsOf(name, service));
  return [...missing, ...faults].map((fault) => `${composeFile}: ${fault}`);
};
