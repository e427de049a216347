// Bundles the package: its entry points with what they share in dist/shared/ (so that a RiskError is the same class whichever
// entry it came through, and the kernel is there once), dist/underkeel.min.js (the main entry in one minified file, for a script
// element) and dist/cli.js. Fails if the debug kernel (tests only) has found its way into any of them, a module of Node's into
// an entry for any host, or the kernel into one that needs none.
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { BUNDLED, licenseTexts } from "./licenses.mjs";

const common = {
  bundle: true,
  format: "esm",
  target: ["es2022"],
  legalComments: "none",
  metafile: true,
  mainFields: ["module", "main"],
  logLevel: "warning",
};

await rm("dist/shared", { recursive: true, force: true });
const entries = await build({
  ...common,
  entryPoints: {
    index: "src/index.ts",
    core: "src/core.ts",
    reference: "src/reference/index.ts",
    adapters: "src/adapters/index.ts",
    charts: "src/charts/index.ts",
    generate: "src/generate/index.ts",
    node: "src/node.ts",
  },
  outdir: "dist",
  splitting: true,
  chunkNames: "shared/[hash]",
  platform: "neutral",
  external: ["node:*"],
  sourcemap: true,
});
const single = await build({
  ...common,
  entryPoints: { "underkeel.min": "src/index.ts" },
  outdir: "dist",
  platform: "neutral",
  minify: true,
  sourcemap: true,
});
const cli = await build({
  ...common,
  entryPoints: { cli: "src/cli/main.ts" },
  outdir: "dist",
  platform: "node",
  banner: { js: "#!/usr/bin/env node" },
});

/** The output and all that it imports within the build, with the outside modules of each. */
function reachable(outputs, path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const used of outputs[path].imports) {
    if (!used.external) reachable(outputs, used.path, seen);
  }
  return seen;
}

function check({ outputs }, path) {
  const parts = [...reachable(outputs, path)].map((part) => outputs[part]);
  const inputs = parts.flatMap((part) => Object.keys(part.inputs));
  const outside = parts.flatMap((part) => part.imports.filter((used) => used.external));
  const refuse = (what) => {
    throw new Error(`${path} ${what}`);
  };
  if (inputs.some((input) => input.includes("kernel-debug-wasm"))) {
    refuse("contains the debug kernel");
  }
  const bare = ["adapters", "charts", "generate", "node", "reference"].map(
    (name) => `dist/${name}.js`,
  );
  if (bare.includes(path) && inputs.some((input) => input.includes("generated/kernel-wasm"))) {
    refuse("contains the kernel");
  }
  if (!/(node|cli)\.js$/.test(path) && outside.length > 0) {
    refuse(`imports ${outside.map((used) => used.path).join(", ")}`);
  }
}

for (const { metafile } of [entries, single, cli]) {
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (path.endsWith(".map")) continue;
    if (output.entryPoint !== undefined) check(metafile, path);
    console.log(`${path} ${output.bytes}`);
  }
}
const digest = createHash("sha384").update(await readFile("dist/underkeel.min.js"));
console.log(`dist/underkeel.min.js integrity sha384-${digest.digest("base64")}`);
await writeFile("dist/licenses.txt", licenseTexts(BUNDLED));
