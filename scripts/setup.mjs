// Makes a clone ready to run: installs packages if node_modules does not hold what package-lock.json
// asks for, and builds if the sources have changed since the last build. Everything it says goes to
// standard error, so `npm start -- --json` stays clean. Takes well under 300 ms when nothing changed.
// Only Node's own modules are used: nothing may be installed yet.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const STAMP = join(root, "build", "sources.sha256");
const SOURCES = ["assembly", "src", "asconfig.json", "package.json", "package-lock.json"];
const BUILD_FILES = [
  "tsconfig.json",
  "tsconfig.build.json",
  "scripts/embed.mjs",
  "scripts/bundle.mjs",
  "scripts/licenses.mjs",
];
const PRODUCTS = [
  "build/debug.wasm",
  "build/release.wasm",
  "dist/adapters.js",
  "dist/charts.js",
  "dist/cli.js",
  "dist/core.js",
  "dist/generate.js",
  "dist/index.js",
  "dist/index.d.ts",
  "dist/kernel.wasm",
  "dist/node.js",
  "dist/reference.js",
  "dist/underkeel.min.js",
  "src/generated/kernel-debug-wasm.ts",
  "src/generated/kernel-sources.ts",
  "src/generated/kernel-wasm.ts",
];

/** Runs a command with its output on standard error; a failure ends the process with its code. */
function run(command, args) {
  const shown = [command, ...args].join(" ");
  process.stderr.write(`underkeel: ${shown}\n`);
  const windows = process.platform === "win32";
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], shell: windows });
  if (result.error) process.stderr.write(`underkeel: ${shown}: ${result.error.message}\n`);
  if (result.status !== 0) {
    process.stderr.write(`underkeel: "${shown}" failed; nothing was run\n`);
    process.exit(result.status ?? 1);
  }
}

/** True if every package the lock file wants (other platforms' optional ones aside) is there in its version. */
function isInstalled() {
  try {
    const read = (path) => JSON.parse(readFileSync(join(root, path), "utf8")).packages;
    const wanted = read("package-lock.json");
    const held = read("node_modules/.package-lock.json");
    return Object.entries(wanted).every(([path, entry]) => {
      if (path === "") return true;
      const there = held[path];
      if (there === undefined) return entry.optional === true || entry.peer === true;
      return there.version === entry.version && there.integrity === entry.integrity;
    });
  } catch {
    return false;
  }
}

function* filesUnder(path) {
  const full = join(root, path);
  if (!existsSync(full)) return;
  const entries = readdirSync(full, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const child = `${path}/${entry.name}`;
    if (child === "src/generated") continue;
    if (entry.isDirectory()) yield* filesUnder(child);
    else yield child;
  }
}

/** SHA-256 over the names and contents of everything a build reads. */
function hashSources() {
  const hash = createHash("sha256");
  for (const source of [...SOURCES, ...BUILD_FILES]) {
    const files = source.includes(".") ? [source] : [...filesUnder(source)];
    for (const file of files) {
      const bytes = readFileSync(join(root, file));
      hash.update(`${file}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest("hex");
}

/** Installs and builds as far as needed. */
export function setup() {
  if (!isInstalled()) run("npm", ["ci", "--no-audit", "--no-fund"]);
  const hash = hashSources();
  const built = existsSync(STAMP) && readFileSync(STAMP, "utf8") === hash;
  if (built && PRODUCTS.every((path) => existsSync(join(root, path)))) return;
  rmSync(STAMP, { force: true });
  run("npm", ["run", "--silent", "build"]);
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, hash);
}

/** Runs Node on `args` with our streams and returns its exit code. */
export function runNode(args, env = process.env) {
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
