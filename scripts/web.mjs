// Builds the pages of web/ into build/web, a static folder that any host can serve, and with `npm run web` serves it on this machine:
//   npm run web                 build, then serve at http://127.0.0.1:8080/
//   npm run web -- --port 0     at any free port
//   npm run web -- --build      build only
// Every page carries its content security policy in itself, so no host has to be told one.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BUNDLED, licenseTexts } from "./licenses.mjs";
import { root, setup } from "./setup.mjs";

const OUT = join(root, "build", "web");
const PAGES = { check: "index.html", book: "book.html" };
const PAGE_PACKAGES = ["lit", "lit-html", "@lit/reactive-element", "@fontsource-variable/inter"];
const FONT = "node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2";

/** Nothing but the pages' own files runs or loads, and the pages can reach no network at all. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
};

/** Modules of the pages and their workers: what they share becomes chunks of its own. */
async function bundle(build) {
  const common = {
    bundle: true,
    minify: true,
    target: ["es2022"],
    outdir: OUT,
    legalComments: "none",
    logLevel: "warning",
  };
  await build({
    ...common,
    entryPoints: {
      check: join(root, "web/check/main.ts"),
      book: join(root, "web/book/main.ts"),
      "book-worker": join(root, "web/workers/book-worker.ts"),
    },
    format: "esm",
    splitting: true,
    chunkNames: "chunk-[hash]",
    conditions: ["production"],
    metafile: true,
  });
  await build({
    ...common,
    entryPoints: {
      theme: join(root, "web/shared/theme.css"),
      check: join(root, "web/check/check.css"),
      book: join(root, "web/book/book.css"),
    },
    external: ["*.woff2"],
  });
  await build({
    ...common,
    entryPoints: { theme: join(root, "web/shared/theme.ts") },
    format: "iife",
  });
}

/** The icon as an address that holds it. */
function iconUrl() {
  const icon = readFileSync(join(root, "web/icon.svg")).toString("base64");
  return `data:image/svg+xml;base64,${icon}`;
}

/** A page with its policy, masthead and foot put in. */
function page(name, file) {
  const part = (path) => readFileSync(join(root, "web", path), "utf8").trim();
  const meta = `<meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}" />`;
  const masthead = part("shared/masthead.html").replace(
    `data-page="${name}"`,
    'aria-current="page"',
  );
  const html = part(file)
    .replace("<!--csp-->", meta)
    .replace(`<!--masthead:${name}-->`, masthead.replaceAll(/ data-page="\w+"/g, ""))
    // In the page itself: browsers ask for an icon again whenever the address changes, and these pages ask for nothing once they are up.
    .replace('href="icon.svg"', `href="${iconUrl()}"`)
    .replace("<!--foot-->", part("shared/foot.html"));
  if (html.includes("<!--")) throw new Error(`web/${file}: a placeholder was not filled`);
  return `${html}\n`;
}

/** The service worker, told the files of this build and a version made of their bytes. */
async function bundleServiceWorker(build) {
  const files = readdirSync(OUT).sort();
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(OUT, file)));
  await build({
    entryPoints: [join(root, "web/workers/service-worker.ts")],
    outfile: join(OUT, "service-worker.js"),
    bundle: true,
    minify: true,
    target: ["es2022"],
    format: "iife",
    define: {
      FILES: JSON.stringify(["./", ...files]),
      VERSION: JSON.stringify(hash.digest("hex").slice(0, 16)),
    },
  });
}

/** Builds all pages into build/web. */
export async function buildWeb() {
  // Loaded here: nothing may be installed yet when this file is.
  const { build } = await import("esbuild");
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  await bundle(build);
  for (const [name, file] of Object.entries(PAGES))
    writeFileSync(join(OUT, file), page(name, file));
  for (const file of ["icon.svg", "underkeel.webmanifest"]) {
    copyFileSync(join(root, "web", file), join(OUT, file));
  }
  copyFileSync(join(root, FONT), join(OUT, "inter.woff2"));
  writeFileSync(join(OUT, "licenses.txt"), licenseTexts([...BUNDLED, ...PAGE_PACKAGES]));
  await bundleServiceWorker(build);
  return OUT;
}

/** Serves a folder on this machine; resolves to the server and its address. */
export function serve(folder, port) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname));
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    try {
      if (!file.startsWith(folder)) throw new Error("outside");
      const body = readFileSync(file);
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, "cache-control": "no-cache" }).end(body);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" }).end("no such file\n");
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      resolve({ server, url: `http://127.0.0.1:${server.address().port}/` });
    });
  });
}

async function main() {
  const { values } = parseArgs({
    options: { port: { type: "string", default: "8080" }, build: { type: "boolean" } },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port ${values.port}: expected a whole number from 0 to 65535`);
  }
  setup();
  await buildWeb();
  console.error("underkeel: pages built in build/web");
  if (values.build) return;
  const { url } = await serve(OUT, port);
  console.error(`underkeel: serving them at ${url} (Ctrl-C ends it)`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`underkeel: ${error.message}`);
    process.exitCode = 1;
  });
}
