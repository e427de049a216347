// A ten-line program that imports the packed package, through Vite's production build and through esbuild, with the kernel inlined and
// with kernel.wasm as an asset of the bundler: in Chromium it gives the figures that Node gives.
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { build as esbuild } from "esbuild";
import type { Browser } from "playwright";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPacked, type Scratch } from "../support/packed.ts";
import { appSource, expectedFigures } from "../support/page-app.ts";
import { type Answer, pageOf, type Site, serve, visit } from "../support/pages.ts";
import { launchBrowser } from "../support/web-page.ts";

const POLICY = "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** A folder as a site, under a strict policy. */
function siteOf(folder: string): Record<string, Answer> {
  const names = readdirSync(folder, { recursive: true }).map(String);
  const files = names.filter((name) => extname(name) in TYPES);
  return Object.fromEntries(
    files.map((name) => [
      `/${name.replaceAll("\\", "/")}`,
      {
        body: readFileSync(join(folder, name)),
        type: TYPES[extname(name)] as string,
        headers: { "content-security-policy": POLICY },
      },
    ]),
  );
}

describe("a bundled program", () => {
  let browser: Browser;
  let scratch: Scratch;

  beforeAll(async () => {
    scratch = installPacked();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    scratch?.remove();
  });

  async function expectFigures(site: Site, path: string): Promise<void> {
    const server = await serve(site);
    try {
      const told = await visit(browser, server.origin + path);
      expect(told).toEqual({ output: JSON.stringify([expectedFigures()]), console: [] });
    } finally {
      await server.close();
    }
  }

  const viteImport = 'import url from "underkeel/kernel.wasm?url";';
  const esbuildImport = 'import url from "underkeel/kernel.wasm";';
  const streamed = "{ wasm: await compileKernel(new URL(url, import.meta.url)) }";

  it.each([
    ["inlined", appSource()],
    ["streamed", appSource({ imports: viteImport, kernels: [streamed] })],
  ])("of Vite runs, kernel %s", async (name, source) => {
    scratch.write(`vite-${name}.js`, source);
    const page = pageOf(`/vite-${name}.js`).body as string;
    scratch.write("index.html", page);
    const outDir = join(scratch.folder, `vite-${name}`);
    await vite({ root: scratch.folder, configFile: false, logLevel: "error", build: { outDir } });
    const site = siteOf(outDir);
    expect(Object.keys(site).some((path) => path.endsWith(".wasm"))).toBe(name === "streamed");
    await expectFigures(site, "/index.html");
  });

  it.each([
    ["inlined", appSource()],
    ["streamed", appSource({ imports: esbuildImport, kernels: [streamed] })],
  ])("of esbuild runs, kernel %s", async (name, source) => {
    const outdir = join(scratch.folder, `esbuild-${name}`);
    const warnings = await esbuild({
      entryPoints: [scratch.write(`esbuild-${name}.js`, source)],
      outdir,
      entryNames: "app",
      bundle: true,
      minify: true,
      format: "esm",
      loader: { ".wasm": "file" },
      logLevel: "silent",
    });
    expect(warnings.warnings).toEqual([]);
    const site = { ...siteOf(outdir), "/": pageOf("/app.js", POLICY) };
    await expectFigures(site, "/");
  });
});
