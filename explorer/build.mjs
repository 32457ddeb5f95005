// Takes the explorer's files out of its npm packages, so that no browser asks another machine for them.
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";

const packages = new URL("node_modules/", import.meta.url);
const target = new URL("../src/ordergraph/web/static/explorer/", import.meta.url);
const draft = new URL(`../src/ordergraph/web/static/explorer.${process.pid}/`, import.meta.url);

const files = [
  "react/umd/react.production.min.js",
  "react-dom/umd/react-dom.production.min.js",
  "graphiql/graphiql.min.css",
  "graphiql/graphiql.min.js",
  "graphql-ws/umd/graphql-ws.min.js",
];
const owners = ["react", "react-dom", "graphiql", "graphql-ws"];

async function licence(name) {
  const folder = new URL(`${name}/`, packages);
  const { version } = JSON.parse(await readFile(new URL("package.json", folder), "utf8"));
  const file = (await readdir(folder)).find((each) => each.startsWith("LICENSE"));
  const text = await readFile(new URL(file, folder), "utf8");
  return `${name} ${version}\n\n${text.trim()}\n`;
}

// Built beside its place and then moved there: whoever looks sees all of it or nothing.
await mkdir(draft, { recursive: true });
for (const file of files) {
  await copyFile(new URL(file, packages), new URL(file.split("/").at(-1), draft));
}
const licences = await Promise.all(owners.map(licence));
await writeFile(new URL("LICENSES.txt", draft), licences.join("\n\n"));
await rm(target, { recursive: true, force: true });
await rename(draft, target);
