// Pages without a bundler in Chromium: the single file in a plain module script, pinned by its hash, in a worker; the entry points
// through an import map, sharing their classes; kernel.wasm streamed, and every way in which a server gets that wrong.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appSource, expectedFigures } from "../support/page-app.ts";
import { type Answer, pageOf, type Server, scriptOf, serve, visit } from "../support/pages.ts";
import { launchBrowser } from "../support/web-page.ts";

const MIN = "./underkeel.min.js";

/** dist as a web server would show it. */
function distribution(): Record<string, Answer> {
  const paths = [
    ...readdirSync("dist"),
    ...readdirSync("dist/shared").map((name) => `shared/${name}`),
  ];
  const scripts = paths.filter((path) => path.endsWith(".js"));
  return Object.fromEntries(
    scripts.map((path) => [`/${path}`, scriptOf(readFileSync(`dist/${path}`))]),
  );
}

const WORKER = `import { RiskEngine } from "${MIN}";
onmessage = ({ data }) => {
  const engine = new RiskEngine({ kernel: { wasm: data } });
  engine.addAsset({ code: "USDT" });
  engine.openAccount("alice");
  engine.deposit("alice", "USDT", "12.5");
  postMessage(engine.account("alice").balances().USDT);
};`;

const POST = `import { compileKernel } from "${MIN}";
const worker = new Worker("./worker.js", { type: "module" });
worker.onmessage = ({ data }) => { document.querySelector("output").textContent = data; };
worker.postMessage(await compileKernel());`;

const MAPPED = `import { RiskEngine, RiskError } from "underkeel";
import { Kernel, RiskError as Same } from "underkeel/kernel";
import { RiskError as Too } from "underkeel/adapters";
import { liquidationMapSvg } from "underkeel/charts";
import { generateBook, standardMarkets } from "underkeel/generate";
const priced = standardMarkets();
const engine = RiskEngine.fromBook({
  assets: [{ code: "USDT" }],
  markets: priced.map(({ definition }) => definition),
  marks: Object.fromEntries(priced.map(({ definition, mark }) => [definition.symbol, mark])),
  accounts: [...generateBook({ accounts: 50, seed: 1, markets: priced })],
});
const map = engine.liquidationMap({ symbol: "BTC/USDT:USDT" });
document.querySelector("output").textContent = JSON.stringify([
  RiskError === Same, RiskError === Too, new Kernel().poolCount, liquidationMapSvg(map).slice(0, 4),
]);`;

const ENTRIES = {
  "": "index",
  "/kernel": "core",
  "/adapters": "adapters",
  "/charts": "charts",
  "/generate": "generate",
};
const IMPORT_MAP = JSON.stringify({
  imports: Object.fromEntries(
    Object.entries(ENTRIES).map(([path, file]) => [`underkeel${path}`, `/${file}.js`]),
  ),
});

describe("a page without a bundler", () => {
  let browser: Browser;
  let server: Server;
  const site = distribution();
  const wasm = readFileSync("dist/kernel.wasm");
  const open = (path: string): ReturnType<typeof visit> => visit(browser, server.origin + path);
  const figures = JSON.stringify([expectedFigures()]);

  beforeAll(async () => {
    server = await serve(site);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it("runs the single file from a plain module script", async () => {
    site["/app.js"] = scriptOf(appSource({ from: MIN }));
    site["/plain"] = pageOf("/app.js");
    expect(await open("/plain")).toEqual({ output: figures, console: [] });
  });

  it("runs it pinned by its hash, and not with another", async () => {
    const bytes = readFileSync("dist/underkeel.min.js");
    const hash = (content: Uint8Array): string =>
      `sha384-${createHash("sha384").update(content).digest("base64")}`;
    const pinned = (integrity: string): string =>
      `<link rel="modulepreload" href="/underkeel.min.js" integrity="${integrity}">`;
    site["/app.js"] = scriptOf(appSource({ from: MIN }));
    site["/pinned"] = pageOf("/app.js", undefined, pinned(hash(bytes)));
    expect(await open("/pinned")).toEqual({ output: figures, console: [] });
    site["/tampered"] = pageOf("/app.js", undefined, pinned(hash(bytes.subarray(1))));
    const page = await browser.newPage();
    const refusal = page.waitForEvent("console", (message) => /integrity/.test(message.text()));
    await page.goto(`${server.origin}/tampered`);
    expect((await refusal).type()).toBe("error");
    expect(await page.locator("output").innerText()).toBe("");
    await page.close();
  });

  it("posts a compiled kernel to a worker", async () => {
    site["/post.js"] = scriptOf(POST);
    const policy = "default-src 'self' 'wasm-unsafe-eval'";
    site["/post"] = pageOf("/post.js", policy);
    // A worker has the policy of its own script.
    site["/worker.js"] = { ...scriptOf(WORKER), headers: { "content-security-policy": policy } };
    expect(await open("/post")).toEqual({ output: "12.5", console: [] });
  });

  it("finds the entry points through an import map, with one RiskError for all", async () => {
    site["/mapped.js"] = scriptOf(MAPPED);
    site["/mapped"] = pageOf(
      "/mapped.js",
      undefined,
      `<script type="importmap">${IMPORT_MAP}</script>`,
    );
    const { output, console } = await open("/mapped");
    expect(console).toEqual([]);
    expect(JSON.parse(output)).toEqual([true, true, 0, "<svg"]);
  });

  describe("streaming kernel.wasm", () => {
    const cases: readonly (readonly [string, Answer, string | RegExp])[] = [
      ["as application/wasm", { body: wasm, type: "application/wasm" }, "runs"],
      ["with another type", { body: wasm, type: "application/octet-stream" }, "runs"],
      [
        "with parameters behind the type",
        { body: wasm, type: "application/wasm; charset=x" },
        "runs",
      ],
      [
        "that is not there",
        { body: "", type: "text/plain", status: 404 },
        /status 404 \(got "http/,
      ],
      [
        "answered by a page",
        { body: "<!doctype html>", type: "text/html" },
        /type "text\/html" did not/,
      ],
      [
        "cut short",
        { body: wasm.subarray(0, 999), type: "application/wasm" },
        /application\/wasm" did not/,
      ],
      [
        "of another version",
        { body: withOtherStamp(wasm), type: "application/wasm" },
        /another version's/,
      ],
    ];
    const kernels = [
      'fetch("./kernel.wasm")',
      '"./kernel.wasm"',
      'new URL("./kernel.wasm", import.meta.url)',
    ].map((source) => `{ wasm: await compileKernel(${source}) }`);

    it.each(cases)("%s", async (_, answer, expected) => {
      site["/kernel.wasm"] = answer;
      site["/stream.js"] = scriptOf(appSource({ from: MIN, kernels }));
      site["/stream"] = pageOf("/stream.js");
      const outcome =
        expected === "runs"
          ? expectedFigures()
          : { known: true, code: "BAD_KERNEL", message: expect.stringMatching(expected) };
      expect(JSON.parse((await open("/stream")).output)).toEqual(kernels.map(() => outcome));
    });
  });
});

/** Its last byte is the last of the stamp. */
function withOtherStamp(wasm: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(wasm);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
  return bytes;
}
