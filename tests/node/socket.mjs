// The graphql-ws client as it comes: a query, a subscription that ends, one that outlives its server.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const { URL: url, TOKEN: token } = process.env;
const say = (line) => console.log(JSON.stringify(line));
const client = createClient({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: { Authorization: `Bearer ${token}` },
  retryAttempts: 100,
  shouldRetry: () => true,
  retryWait: () => new Promise((wake) => setTimeout(wake, 100)),
  on: { connected: () => say({ connected: true }) },
});

const all = async (request) => {
  const found = [];
  for await (const result of client.iterate(request)) found.push(result);
  return found;
};

say({ query: await all({ query: 'query ($name: String!) { hello(name: $name) }', variables: { name: 'ws' } }) });
say({ count: await all({ query: 'subscription { count(to: 2) { id } }' }) });
try {
  await all({ query: '{ nothing }' });
} catch (errors) {
  say({ refused: errors.map((error) => error.extensions.code) });
}
for await (const result of client.iterate({ query: 'subscription { live { id } }' })) {
  say({ live: result.data.live.id });
}
