// The recommended and the Relay rules for schemas, with four stated options.
import graphql from '@graphql-eslint/eslint-plugin';

const recommended = graphql.configs['flat/schema-recommended'].rules;
const relay = graphql.configs['flat/schema-relay'].rules;

export default [
  {
    files: ['schema.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: './schema.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...recommended,
      ...relay,
      // Lists are paged forward only.
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
      // Plain lists with a documented cap stand beside connections; an edge is no Node.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
      // Money, payloads and PageInfo have no identity.
      '@graphql-eslint/strict-id-in-types': 'off',
      // Product.productType is the field's name.
      '@graphql-eslint/no-typename-prefix': 'off',
    },
  },
];
