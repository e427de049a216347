// Makes examples/tapes/crash-synthetic.csv.gz anew: ten made-up hours of six markets with a crash in them. Starts at the prices that the
// generated books stand at, gives the same bytes every time. Run it with `node scripts/make-example-tape.mjs`.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./setup.mjs";

const bundle = join(root, "build", "make-example-tape.mjs");
await mkdir(join(root, "build"), { recursive: true });
await build({
  stdin: {
    contents: `export { generateTape, standardMarkets, tapeText } from "./src/generate/index.ts";`,
    resolveDir: root,
    loader: "ts",
  },
  outfile: bundle,
  bundle: true,
  format: "esm",
  platform: "node",
  logLevel: "warning",
});
const { generateTape, standardMarkets, tapeText } = await import(pathToFileURL(bundle).href);
await rm(bundle);

const rows = generateTape({
  seed: "crash-synthetic",
  markets: standardMarkets("before").slice(0, 6),
  bars: 600,
  start: Date.UTC(2025, 9, 10, 16),
});
const folder = join(root, "examples", "tapes");
await mkdir(folder, { recursive: true });
const packed = gzipSync([...tapeText(rows)].join(""), { level: 9 });
await writeFile(join(folder, "crash-synthetic.csv.gz"), packed);
process.stderr.write(`${packed.length} bytes\n`);
