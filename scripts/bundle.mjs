// Bundles the package: dist/index.js, dist/reference.js and dist/adapters.js for any JavaScript host, dist/node.js and
// dist/cli.js for Node. Fails if the debug kernel (tests only) has found its way into any of them, or
// a module of Node's into those for any host.
import { build } from "esbuild";

const common = {
  bundle: true,
  format: "esm",
  target: ["es2022"],
  legalComments: "none",
  metafile: true,
  mainFields: ["module", "main"],
  logLevel: "warning",
};

const neutral = await build({
  ...common,
  entryPoints: {
    index: "src/index.ts",
    reference: "src/reference/index.ts",
    adapters: "src/adapters/index.ts",
  },
  outdir: "dist",
  platform: "neutral",
  sourcemap: true,
});
const node = await build({
  ...common,
  entryPoints: { node: "src/node.ts" },
  outdir: "dist",
  platform: "node",
  sourcemap: true,
});
const cli = await build({
  ...common,
  entryPoints: { cli: "src/cli/main.ts" },
  outdir: "dist",
  platform: "node",
  banner: { js: "#!/usr/bin/env node" },
});

for (const { metafile } of [neutral, node, cli]) {
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (Object.keys(output.inputs).some((input) => input.includes("kernel-debug-wasm"))) {
      throw new Error(`${path} contains the debug kernel`);
    }
    if (
      path === "dist/adapters.js" &&
      Object.keys(output.inputs).some((input) => input.includes("kernel"))
    ) {
      throw new Error(`${path} contains the kernel`);
    }
    if (metafile === neutral.metafile && output.imports.some((used) => used.external)) {
      throw new Error(`${path} imports ${output.imports.map((used) => used.path).join(", ")}`);
    }
    if (!path.endsWith(".map")) console.log(`${path} ${output.bytes}`);
  }
}
