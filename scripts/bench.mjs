// `npm run bench`: sets the clone up if needed, bundles bench/main.ts and runs it. Arguments go
// through to the benchmark. Rivals from npm stay outside the bundle: they run as they are published.
import { join } from "node:path";
import { root, runNode, setup } from "./setup.mjs";

setup();
const { build } = await import("esbuild");
const outfile = join(root, "build", "bench", "main.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["bench/main.ts"],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: ["es2022"],
  packages: "external",
  sourcemap: "inline",
  logLevel: "warning",
});
process.exitCode = runNode([
  "--enable-source-maps",
  "--expose-gc",
  outfile,
  ...process.argv.slice(2),
]);
