// Writes the built kernels where the sources can import them as base64 text, so that any bundler, host
// or file:// page works without fetching: the release build for the package, the debug build for tests.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";

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
