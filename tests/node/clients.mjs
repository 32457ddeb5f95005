// Apollo Client, urql and graphql-sse as they come.
import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client as UrqlClient, fetchExchange } from '@urql/core';
import { createClient as createEvents } from 'graphql-sse';

const { URL: url, TOKEN: token } = process.env;
const headers = { authorization: `Bearer ${token}` };
const say = (line) => console.log(JSON.stringify(line));
const HELLO = 'query Hello($name: String!) { hello(name: $name) }';
const BUMP = 'mutation Bump { bump(by: 2) }';

const http = new HttpLink({ uri: url, headers });
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const apollo = new ApolloClient({
  link: ApolloLink.from([new PersistedQueryLink({ sha256 }), http]),
  cache: new InMemoryCache(),
});
const hello = await apollo.query({ query: gql(HELLO), variables: { name: 'Apollo' } });
const bump = await apollo.mutate({ mutation: gql(BUMP) });
say({ apollo: [hello.data.hello, bump.data.bump] });
try {
  await apollo.query({ query: gql('{ nothing }') });
} catch (error) {
  say({ apolloRefused: error.errors.map((each) => each.extensions.code) });
}

// What is registered goes by its hash alone, here by GET; what is not is sent whole afterwards.
const sent = [];
const counting = (address, options) => {
  const body = options.body ? JSON.parse(options.body) : Object.fromEntries(new URL(address).searchParams);
  sent.push([options.method, 'query' in body]);
  return fetch(address, options);
};
const trusted = new ApolloClient({
  link: ApolloLink.from([
    new PersistedQueryLink({ sha256, useGETForHashedQueries: true }),
    new HttpLink({ uri: url, headers, fetch: counting }),
  ]),
  cache: new InMemoryCache(),
});
const registered = await trusted.query({ query: gql(HELLO), variables: { name: 'hash' } });
const whole = await trusted.query({ query: gql('query Other { hello }') });
say({ registered: [registered.data.hello, whole.data.hello, sent] });

const urql = new UrqlClient({ url, exchanges: [fetchExchange], fetchOptions: { headers }, preferGetMethod: false });
const answer = await urql.query(HELLO, { name: 'urql' }).toPromise();
const bumped = await urql.mutation(BUMP, {}).toPromise();
const refused = await urql.query('{ nothing }', {}).toPromise();
say({ urql: [answer.data.hello, bumped.data.bump, refused.error.graphQLErrors[0].extensions.code] });
const events = new UrqlClient({
  url,
  exchanges: [fetchExchange],
  fetchOptions: { headers },
  fetchSubscriptions: true,
  preferGetMethod: false,
});
say({
  urqlEvents: await new Promise((done) => {
    const found = [];
    events.subscription('subscription { count(to: 2) { id } }', {}).subscribe((result) => {
      found.push(result.data.count.id);
      if (found.length === 2) done(found);
    });
  }),
});

const sse = createEvents({ url, headers });
const found = [];
for await (const result of sse.iterate({ query: 'subscription { count(to: 2) { id } }' })) {
  found.push(result.data.count.id);
}
for await (const result of sse.iterate({ query: HELLO, variables: { name: 'sse' } })) {
  found.push(result.data.hello);
}
say({ sse: found });
process.exit(0);
