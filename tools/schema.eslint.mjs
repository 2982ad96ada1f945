/**
 * How the public schema is written: Relay's connections, one way to name things, nothing that no query can reach. That its words are there
 * is the matter of tools/schema-lint.ts. The composed schema is read, not those of the services: the plugin cannot read a part by itself.
 */
import graphql from '@graphql-eslint/eslint-plugin';

const recommended = graphql.configs['flat/schema-recommended'].rules;

const isId = (field) => String(field?.type) === 'ID!';

/** What a list is made of can be named again: clients keep rows by their id, and mutations take it. */
const nodeHasId = {
  meta: { messages: { none: 'Nodes of {{ edge }} need a field `id: ID!`' } },
  create: (context) => ({
    'ObjectTypeDefinition[name.value=/Edge$/]': ({ name }) => {
      const { schema } = context.sourceCode.parserServices;
      const node = schema.getType(name.value)?.getFields().node;
      const fields = schema.getType(String(node?.type).replace('!', ''))?.getFields();
      if (!isId(fields?.id)) context.report({ node: name, messageId: 'none', data: { edge: name.value } });
    },
  }),
};

const rules = {
  'naming-convention': recommended['@graphql-eslint/naming-convention'],
  'no-hashtag-description': 'error',
  'no-scalar-result-type-on-mutation': 'error',
  'no-typename-prefix': 'error',
  'no-unreachable-types': 'error',
  'require-deprecation-reason': 'error',
  'relay-arguments': ['error', { includeBoth: false }],
  'relay-connection-types': 'error',
  // There is no interface Node: what can be asked for by its id has a field of Query.
  'relay-edge-types': ['error', { shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
  'relay-page-info': 'error',
  'input-name': ['error', { checkInputType: false, checkQueries: false, checkMutations: true }],
  'unique-enum-value-names': 'error',
  'unique-field-definition-names': 'error',
  'unique-type-names': 'error',
};

const named = Object.entries(rules).map(([name, setting]) => [`@graphql-eslint/${name}`, setting]);

export default [
  {
    files: ['**/*.graphql'],
    plugins: { '@graphql-eslint': graphql, sendpool: { rules: { 'node-has-id': nodeHasId } } },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'apps/gateway/public.graphql' } },
    },
    rules: { ...Object.fromEntries(named), 'sendpool/node-has-id': 'error' },
  },
];
