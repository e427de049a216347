// Writes the built kernels where the sources can import them as text, so that any bundler, host or file:// page works
// without fetching: the release build for the package, DEFLATEd so that the text compresses to what the binary does
// (base64 of the plain binary hides its repetitions: 32 kB gzipped instead of 24), and the debug build for tests.
// Each gets a custom section "underkeel" that names the kernel's sources, by which the package knows a kernel of its own version.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { deflateRawSync } from "node:zlib";

/** What the meaning of a kernel's memory depends on: the kernel's sources and its memory map, line ends aside. Eight bytes. */
async function hashKernelSources() {
  const named = async (folder, pattern) =>
    (await readdir(folder)).filter((name) => pattern.test(name)).map((name) => `${folder}/${name}`);
  const files = [...(await named("assembly", /\.ts$/)), ...(await named("src", /^layout.*\.ts$/))];
  const hash = createHash("sha256");
  for (const file of files.sort()) {
    const text = (await readFile(file, "utf8")).replaceAll("\r\n", "\n");
    hash.update(`${file}\0${text.length}\0${text}`);
  }
  return hash.digest().subarray(0, 8);
}

/** Section 0: its length, the length of its name, the name, the contents; all lengths are below 128 and so take one byte. */
function customSection(name, contents) {
  const length = 1 + name.length + contents.length;
  return Buffer.from([0, length, name.length, ...Buffer.from(name), ...contents]);
}

async function write(name, source, constants) {
  const lines = Object.entries(constants).map(
    ([constant, value]) => `export const ${constant} =\n  ${JSON.stringify(value)};\n`,
  );
  const head = `// Written by scripts/embed.mjs from ${source}. Do not edit.\n`;
  await writeFile(`src/generated/${name}.ts`, head + lines.join(""));
}

await mkdir("dist", { recursive: true });
await mkdir("src/generated", { recursive: true });
const sources = await hashKernelSources();
const stamp = customSection("underkeel", sources);
const release = Buffer.concat([await readFile("build/release.wasm"), stamp]);
const debug = Buffer.concat([await readFile("build/debug.wasm"), stamp]);
await writeFile("dist/kernel.wasm", release);
await write("kernel-wasm", "build/release.wasm", {
  KERNEL_BYTES: release.length,
  KERNEL_DEFLATED_BASE64: deflateRawSync(release, { level: 9, memLevel: 9 }).toString("base64"),
});
await write("kernel-debug-wasm", "build/debug.wasm", {
  KERNEL_DEBUG_WASM_BASE64: debug.toString("base64"),
});
// Snapshots of one kernel fit kernels of the same sources, release or debug.
await write("kernel-sources", "assembly/ and src/layout*.ts", {
  KERNEL_SOURCES: sources.toString("hex"),
});
