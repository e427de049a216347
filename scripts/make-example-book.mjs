// Makes examples/crash-2025-10-10 anew: 3,000 generated accounts, healthy at prices from before the
// crash, with the marks of its low. Needs no data beyond src/generate/standard-markets.ts and gives the
// same bytes every time. Run it with `node scripts/make-example-book.mjs`.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "./setup.mjs";

const bundle = join(root, "build", "make-example-book.mjs");
await mkdir(join(root, "build"), { recursive: true });
await build({
  stdin: {
    contents: `export { generateBook, standardMarkets } from "./src/generate/index.ts";
      export { writeBookFolder } from "./src/book/write.ts";`,
    resolveDir: root,
    loader: "ts",
  },
  outfile: bundle,
  bundle: true,
  format: "esm",
  platform: "node",
  logLevel: "warning",
});
const { generateBook, standardMarkets, writeBookFolder } = await import(pathToFileURL(bundle).href);
await rm(bundle);

const accounts = generateBook({
  accounts: 3000,
  seed: "crash-2025-10-10",
  markets: standardMarkets("before"),
  hitRate: 0,
});
const summary = await writeBookFolder(
  join(root, "examples", "crash-2025-10-10"),
  {
    profile: "default",
    assets: [{ code: "USDT", decimals: 8 }],
    markets: standardMarkets("low"),
    accounts,
  },
  { gzip: true },
);
process.stderr.write(`${summary.accounts} accounts, ${summary.positions} positions\n`);
