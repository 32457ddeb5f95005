import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: './schema.graphql',
  documents: ['src/*.ts'],
  generates: {
    './src/gql/': {
      preset: 'client',
      config: {
        strictScalars: true,
        scalars: {
          Long: 'number',
          Quantity: 'number',
          CurrencyCode: 'string',
          Decimal: 'string',
          DateTime: 'string',
          ProofDocument: 'Record<string, unknown>',
          Metadata: 'Record<string, string>',
        },
      },
    },
  },
};
export default config;
