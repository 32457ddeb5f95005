"""The GraphQL schema: types, queries, mutations and subscriptions over the rooms of commerce."""
