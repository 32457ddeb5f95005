import { graphql } from './gql';

export const Shelf = graphql(`
  query Shelf($first: Int) {
    products(first: $first) { nodes { id name } }
  }
`);
