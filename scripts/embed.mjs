// Writes the built kernels where the sources can import them as base64 text, so that any bundler, host
// or file:// page works without fetching: the release build for the package, the debug build for tests.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";

await mkdir("dist", { recursive: true });
await mkdir("src/generated", { recursive: true });
await copyFile("build/release.wasm", "dist/kernel.wasm");

async function embed(source, target, name) {
  const bytes = await readFile(source);
  const text = `// Written by scripts/embed.mjs from ${source}. Do not edit.
export const ${name}: string =
  "${bytes.toString("base64")}";
`;
  await writeFile(target, text);
}
await embed("build/release.wasm", "src/generated/kernel-wasm.ts", "KERNEL_WASM_BASE64");
await embed("build/debug.wasm", "src/generated/kernel-debug-wasm.ts", "KERNEL_DEBUG_WASM_BASE64");

/** What a snapshot of the kernel's memory depends on: the kernel's sources and its memory map, line ends aside. */
async function hashKernelSources() {
  const named = async (folder, pattern) =>
    (await readdir(folder)).filter((name) => pattern.test(name)).map((name) => `${folder}/${name}`);
  const files = [...(await named("assembly", /\.ts$/)), ...(await named("src", /^layout.*\.ts$/))];
  const hash = createHash("sha256");
  for (const file of files.sort()) {
    const text = (await readFile(file, "utf8")).replaceAll("\r\n", "\n");
    hash.update(`${file}\0${text.length}\0${text}`);
  }
  return hash.digest("hex").slice(0, 16);
}
await writeFile(
  "src/generated/kernel-sources.ts",
  `// Written by scripts/embed.mjs from assembly/ and src/layout*.ts. Do not edit.
/** Snapshots of one kernel fit kernels of the same sources, release or debug. */
export const KERNEL_SOURCES: string = "${await hashKernelSources()}";
`,
);
