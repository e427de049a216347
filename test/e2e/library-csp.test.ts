// Pages with real content security policies in Chromium: with 'wasm-unsafe-eval' the single file runs and the console stays empty;
// without it every way to a kernel ends in a RiskError that names the missing word.
import { readFileSync } from "node:fs";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appSource, expectedFigures } from "../support/page-app.ts";
import { pageOf, type Server, scriptOf, serve, visit } from "../support/pages.ts";
import { launchBrowser } from "../support/web-page.ts";

const MIN = "./underkeel.min.js";

/** Ways to an engine, as expressions for EngineOptions.kernel. */
const WAYS: Readonly<Record<string, string>> = {
  embedded: "{}",
  ahead: "{ wasm: await compileKernel() }",
  streamed: '{ wasm: await compileKernel(fetch("/kernel.wasm")) }',
  fetched: '{ wasm: await compileKernel("/kernel.bin") }',
  bytes: '{ wasm: await fetch("/kernel.wasm").then((answer) => answer.arrayBuffer()) }',
};

const ALLOWED: Readonly<Record<string, string>> = {
  strict: "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  "default-src only": "default-src 'self' 'wasm-unsafe-eval'",
  "the older word": "default-src 'none'; connect-src 'self'; script-src 'self' 'unsafe-eval'",
};

const FORBIDDEN: Readonly<Record<string, string>> = {
  strict: "default-src 'none'; connect-src 'self'; script-src 'self'",
  "default-src only": "default-src 'self'",
};

describe("a content security policy", () => {
  let browser: Browser;
  let server: Server;

  beforeAll(async () => {
    const wasm = readFileSync("dist/kernel.wasm");
    const site: Record<string, ReturnType<typeof pageOf>> = {
      "/underkeel.min.js": scriptOf(readFileSync("dist/underkeel.min.js")),
      "/kernel.wasm": { body: wasm, type: "application/wasm" },
      "/kernel.bin": { body: wasm, type: "application/octet-stream" },
    };
    for (const [way, kernel] of Object.entries(WAYS)) {
      site[`/${way}.js`] = scriptOf(appSource({ from: MIN, kernel }));
      for (const policy of [...Object.values(ALLOWED), ...Object.values(FORBIDDEN)]) {
        site[pathOf(way, policy)] = pageOf(`/${way}.js`, policy);
      }
    }
    server = await serve(site);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const ways = Object.keys(WAYS);

  it.each(Object.entries(ALLOWED))("lets the kernel compile (%s)", async (_, policy) => {
    for (const way of ways) {
      const told = await visit(browser, server.origin + pathOf(way, policy));
      expect(told, way).toEqual({ output: expectedFigures(), console: [] });
    }
  });

  it.each(Object.entries(FORBIDDEN))("refuses by name (%s)", async (_, policy) => {
    for (const way of ways) {
      const { output } = await visit(browser, server.origin + pathOf(way, policy));
      expect(JSON.parse(output), way).toEqual({
        known: true,
        code: "WASM_BLOCKED",
        message:
          "this host forbids compiling WebAssembly; a content security policy must allow 'wasm-unsafe-eval' in its script-src directive (in default-src if it has none)",
      });
    }
  });

  function pathOf(way: string, policy: string): string {
    return `/${way}/${encodeURIComponent(policy)}`;
  }
});
