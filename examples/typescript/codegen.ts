/** Writes the types of the operations in this folder, from the schema of the API, into generated/. Paths begin at the root of the project. */
import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  errorsOnly: true,
  schema: 'apps/gateway/public.graphql',
  documents: 'examples/typescript/operations.ts',
  generates: {
    'examples/typescript/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        importExtension: '.ts',
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: { DateTime: 'string', BigInt: 'string', EmailAddress: 'string' },
      },
    },
  },
};

export default config;
