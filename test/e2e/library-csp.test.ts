// Pages with real content security policies in Chromium: with 'wasm-unsafe-eval' the single file runs and the console stays empty;
// without it every way to a kernel ends in a RiskError that names the missing word.
import { readFileSync } from "node:fs";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appSource, expectedFigures } from "../support/page-app.ts";
import { pageOf, type Server, scriptOf, serve, visit } from "../support/pages.ts";
import { launchBrowser } from "../support/web-page.ts";

/** Ways to an engine, as expressions for EngineOptions.kernel. */
const WAYS = [
  "{ wasm: await compileKernel() }",
  "{}",
  '{ wasm: await compileKernel(fetch("/kernel.wasm")) }',
  '{ wasm: await compileKernel("/kernel.bin") }',
  '{ wasm: await fetch("/kernel.wasm").then((answer) => answer.arrayBuffer()) }',
];

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
    const pages = [...Object.values(ALLOWED), ...Object.values(FORBIDDEN)].map((policy) => [
      pathOf(policy),
      pageOf("/app.js", policy),
    ]);
    const site = {
      "/app.js": scriptOf(appSource({ from: "./underkeel.min.js", kernels: WAYS })),
      "/underkeel.min.js": scriptOf(readFileSync("dist/underkeel.min.js")),
      "/kernel.wasm": { body: wasm, type: "application/wasm" },
      "/kernel.bin": { body: wasm, type: "application/octet-stream" },
      ...Object.fromEntries(pages),
    };
    server = await serve(site);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it.each(Object.entries(ALLOWED))("lets the kernel compile (%s)", async (_, policy) => {
    const { output, console } = await visit(browser, server.origin + pathOf(policy));
    expect(JSON.parse(output)).toEqual(WAYS.map(expectedFigures));
    expect(console).toEqual([]);
  });

  it.each(Object.entries(FORBIDDEN))("refuses by name (%s)", async (_, policy) => {
    const { output } = await visit(browser, server.origin + pathOf(policy));
    const refusal = {
      known: true,
      code: "WASM_BLOCKED",
      message:
        "this host forbids compiling WebAssembly; a content security policy must allow 'wasm-unsafe-eval' in its script-src directive (in default-src if it has none)",
    };
    expect(JSON.parse(output)).toEqual(WAYS.map(() => refusal));
  });
});

function pathOf(policy: string): string {
  return `/${encodeURIComponent(policy)}`;
}
