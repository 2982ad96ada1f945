/** The files that describe how Sendpool is run in containers, as texts by path. */
import { readdirSync, readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';

/** Checks take texts, not files, so that a spec can spoil one and see the check turn red. */
export type Texts = Readonly<Record<string, string>>;

export const dockerfile = 'docker/app.Dockerfile';
export const composeFile = 'docker/compose.yaml';
export const manifestFolder = 'docker/kubernetes/';
export const kustomization = `${manifestFolder}kustomization.yaml`;
export const adapterRules = `${manifestFolder}prometheus-adapter-rules.yaml`;

/** Files of the manifest folder that kustomize applies. */
export const manifestFiles = (texts: Texts): string[] =>
  Object.keys(texts).filter(
    (file) => file.startsWith(manifestFolder) && file !== kustomization && file !== adapterRules,
  );

export const readTexts = (): Texts => {
  const manifests = readdirSync(manifestFolder).filter((file) => file.endsWith('.yaml'));
  const files = ['.dockerignore', 'package.json', dockerfile, composeFile];
  const all = [...files, ...manifests.map((file) => manifestFolder + file)];
  return Object.fromEntries(all.map((file) => [file, readFileSync(file, 'utf8')]));
};

/** Merge keys are followed, as `docker compose` does. */
export const parseYaml = (text: string): unknown => parse(text, { merge: true }) as unknown;

export const parseObjects = (text: string): unknown[] =>
  parseAllDocuments(text).map((document) => document.toJS() as unknown);
