import type { CodegenConfig } from '@graphql-codegen/cli';

/** Resolver types of one subgraph, generated beside its resolvers; nothing in them needs more than type stripping. */
export const subgraph = (mappers: Record<string, string> = {}): CodegenConfig => ({
  silent: true,
  schema: 'schema.graphql',
  generates: {
    'src/api/graphql/schema.generated.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        federation: true,
        enumsAsTypes: true,
        useTypeImports: true,
        immutableTypes: true,
        importExtension: '.ts',
        emitLegacyCommonJSImports: false,
        avoidOptionals: { field: true },
        scalars: {
          DateTime: { input: 'Date', output: 'Date' },
          BigInt: { input: 'number', output: 'number' },
          EmailAddress: 'string',
        },
        customResolveInfo: '@sendpool/graphql#GraphQLResolveInfo',
        contextType: '@sendpool/graphql#RequestContext',
        mappers,
      },
    },
  },
});
