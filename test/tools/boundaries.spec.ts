/** Proves that the boundary lint bites: a small tree of the same shape, in which each rule is broken once on purpose. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { cruise, type CruiseResult } from '../../tools/boundaries.ts';

const libs = ['kernel', 'contracts', 'database', 'event-log', 'graphql', 'smtp', 'ses', 'service', 'testing'];

/** File -> its source. Each must be refused. */
const broken: Record<string, string> = {
  'apps/config/src/domain/uses-adapter.ts': `import '@sendpool/database';`,
  'apps/config/src/domain/uses-store.ts': `import '../store/fine.ts';`,
  'apps/config/src/domain/uses-files.ts': `import 'node:fs';`,
  'apps/config/src/domain/uses-package.ts': `import 'zod';`,
  'apps/config/src/domain/uses-typeorm.ts': `import type { EntitySchema } from 'typeorm'; export type E = EntitySchema;`,
  'apps/config/src/store/uses-api.ts': `import '../api/fine.ts';`,
  'apps/config/src/store/uses-pg.ts': `import 'pg';`,
  'apps/config/src/store/uses-graphql-lib.ts': `import '@sendpool/graphql';`,
  'apps/config/src/api/uses-store.ts': `import '../store/fine.ts';`,
  'apps/config/src/api/uses-graphql.ts': `import 'graphql';`,
  'apps/config/src/api/uses-other-app.ts': `import '../../../sender/src/domain/fine.ts';`,
  'apps/config/src/api/uses-other-app-dynamically.ts': `export const load = () => import('../../../sender/src/domain/fine.ts');`,
  'apps/config/src/api/uses-other-app-as-type.ts': `export type T = typeof import('../../../sender/src/domain/fine.ts');`,
  'apps/config/src/api/uses-app-by-name.ts': `import '@sendpool/sender';`,
  'apps/config/src/api/goes-past-the-door.ts': `import '../../../../libs/smtp/src/inner.ts';`,
  'apps/config/src/api/goes-past-the-exports.ts': `import '@sendpool/smtp/src/inner.ts';`,
  'apps/config/src/api/uses-testing.ts': `import '@sendpool/testing';`,
  'apps/config/src/api/uses-a-spec.ts': `import '../domain/fine.spec.ts';`,
  'apps/config/src/main-apollo.ts': `import '@apollo/server';`,
  'apps/config/src/main-kafka.ts': `import 'kafkajs';`,
  'apps/config/src/main-nodemailer.ts': `import 'nodemailer';`,
  'apps/config/src/main-ses.ts': `import '@aws-sdk/client-sesv2';`,
  'apps/config/src/helpers/unknown-room.ts': `import '../domain/fine.ts';`,
  'apps/sender/src/delivery/uses-api.ts': `import '../api/fine.ts';`,
  'apps/sender/src/delivery/uses-event-log.ts': `import '@sendpool/event-log';`,
  'apps/standalone/src/uses-testing.ts': `import '@sendpool/testing';`,
  'libs/kernel/src/uses-contracts.ts': `import '@sendpool/contracts';`,
  'libs/contracts/src/uses-service.ts': `import '@sendpool/service';`,
  'libs/ses/src/uses-smtp.ts': `import '@sendpool/smtp';`,
  'libs/ses/src/uses-nodemailer.ts': `import 'nodemailer';`,
  'libs/smtp/src/uses-ses.ts': `import '@aws-sdk/client-sesv2';`,
  'libs/smtp/src/uses-database.ts': `import '@sendpool/database';`,
  'libs/smtp/src/uses-app.ts': `import '../../../apps/config/src/domain/fine.ts';`,
  'libs/service/src/uses-nodemailer.ts': `import 'nodemailer';`,
  'libs/smtp/src/uses-pg.ts': `import 'pg';`,
  'libs/smtp/src/circle-a.ts': `import { b } from './circle-b.ts'; export const a = (): number => b();`,
  'libs/smtp/src/uses-nothing-that-exists.ts': `import './missing.ts';`,
  'libs/common/src/index.ts': `import '@sendpool/kernel';`,
  'examples/typescript/uses-lib.ts': `import '@sendpool/kernel';`,
  'examples/typescript/uses-app.ts': `import '../../apps/config/src/domain/fine.ts';`,
  'apps/config/src/api/uses-example.ts': `import '../../../../examples/typescript/fine.ts';`,
  'apps/config/src/api/uses-unlisted-lib.ts': `import '../../../../libs/common/src/index.ts';`,
};

/** Files that must pass: the rules do not forbid what the architecture wants. */
const fine: Record<string, string> = {
  'apps/config/src/domain/fine.ts': `import '@sendpool/contracts'; import '@sendpool/kernel'; import 'node:crypto'; export const fine = 1;`,
  'apps/config/src/domain/fine.spec.ts': `import './fine.ts'; import '@sendpool/testing'; import 'node:fs';`,
  'apps/config/src/store/fine.ts': `import '../domain/fine.ts'; import '@sendpool/database'; import 'typeorm';`,
  'apps/config/src/api/fine.ts': `import '../domain/fine.ts'; import '@sendpool/graphql'; import '@sendpool/event-log';`,
  'apps/config/src/main.ts': `import './domain/fine.ts'; import './store/fine.ts'; import './api/fine.ts'; import '@sendpool/service'; import './env.ts';`,
  'apps/config/src/env.ts': `import 'zod'; import '@sendpool/service';`,
  'apps/sender/src/domain/fine.ts': `import '@sendpool/kernel'; export const fine = 1;`,
  'apps/sender/src/api/fine.ts': `import '../domain/fine.ts';`,
  'apps/sender/src/delivery/fine.ts': `import '../domain/fine.ts'; import '@sendpool/smtp';`,
  'apps/sender/src/transports.ts': `import '@sendpool/smtp'; import '@sendpool/ses';`,
  'libs/ses/src/fine.ts': `import '@aws-sdk/client-sesv2'; import '@sendpool/contracts';`,
  'apps/standalone/demo/main.ts': `import '@sendpool/testing';`,
  'examples/typescript/fine.ts': `import 'graphql'; import 'graphql-ws'; import 'node:fs';`,
  'libs/smtp/src/inner.ts': `import 'nodemailer'; import '@sendpool/contracts';`,
  'libs/smtp/src/circle-b.ts': `import { a } from './circle-a.ts'; export const b = (): number => a();`,
};

const write = (root: string, file: string, source: string): void => {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), `${source}\n`);
};

/** A tree with every lib, the project's own lint configuration, and its installed packages by symlink. */
const plant = (root: string): void => {
  const repo = resolve('.');
  for (const file of ['.dependency-cruiser.mjs', 'tsconfig.json', 'tsconfig.base.json', 'package.json'])
    cpSync(join(repo, file), join(root, file));
  for (const lib of libs) {
    write(root, `libs/${lib}/src/index.ts`, 'export const door = 1;');
    cpSync(join(repo, `libs/${lib}/package.json`), join(root, `libs/${lib}/package.json`));
  }
  for (const app of ['config', 'sender', 'standalone'])
    cpSync(join(repo, `apps/${app}/package.json`), join(root, `apps/${app}/package.json`));
  for (const [file, source] of Object.entries({ ...fine, ...broken })) write(root, file, source);
  mkdirSync(join(root, 'node_modules/@sendpool'), { recursive: true });
  for (const name of readdirSync(join(repo, 'node_modules')))
    if (name !== '@sendpool' && name !== '.cache')
      symlinkSync(join(repo, 'node_modules', name), join(root, 'node_modules', name));
  for (const lib of libs) symlinkSync(join(root, 'libs', lib), join(root, 'node_modules/@sendpool', lib));
};

describe('the boundary lint', () => {
  const root = mkdtempSync(join(tmpdir(), 'sendpool-boundaries-'));
  let result: CruiseResult;
  before(() => {
    plant(root);
    result = cruise(['apps', 'examples', 'libs'], root);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const complaintsAbout = (file: string): string[] => result.violations.filter((line) => line.includes(`: ${file} ->`));

  for (const file of Object.keys(broken))
    it(`refuses ${file}`, () => assert.notDeepEqual(complaintsAbout(file), [], `${broken[file]} was let through`));

  for (const file of Object.keys(fine))
    if (!file.includes('circle')) it(`accepts ${file}`, () => assert.deepEqual(complaintsAbout(file), []));
});
