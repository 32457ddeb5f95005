import { graphql } from 'relay-runtime';

export const page = graphql`
  query ShelfQuery($count: Int!, $cursor: String) {
    ...Shelf_shop @arguments(count: $count, cursor: $cursor)
  }
`;

export const shop = graphql`
  fragment Shelf_shop on Query
  @refetchable(queryName: "ShelfPageQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" }) {
    products(first: $count, after: $cursor) @connection(key: "Shelf_products") {
      edges { node { id name variants { id sku unitPrice { amount currency } } } }
    }
  }
`;

export const order = graphql`
  fragment Shelf_order on Order @refetchable(queryName: "ShelfOrderQuery") {
    id
    number
    netAmounts { total { amount } }
  }
`;
