// Starts GraphiQL on the page. The headers of its editor go with queries and, as connection
// parameters, with subscriptions.
"use strict";

const place = document.getElementById("explorer");
const { endpoint, token, query } = JSON.parse(place.dataset.settings);
const url = new URL(endpoint, location.href).href;

// One socket for each set of headers: they are its connection parameters from the start.
const sockets = new Map();
function socketFor(headers) {
  const known = JSON.stringify(headers);
  if (!sockets.has(known)) {
    const connectionParams = JSON.parse(known);
    const client = graphqlWs.createClient({ url: url.replace(/^http/, "ws"), connectionParams });
    sockets.set(known, client);
  }
  return sockets.get(known);
}

function fetcher(request, options = {}) {
  const headers = options.headers ?? {};
  const wsClient = socketFor(headers);
  return GraphiQL.createFetcher({ url, headers, wsClient })(request, options);
}

const headers = token ? JSON.stringify({ Authorization: `Bearer ${token}` }, null, 2) : "";
ReactDOM.createRoot(place).render(
  React.createElement(GraphiQL, {
    fetcher,
    headers,
    defaultHeaders: headers,
    defaultQuery: query,
    defaultEditorToolsVisibility: "headers",
    shouldPersistHeaders: false,
  }),
);
