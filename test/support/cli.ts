// Runs the command-line program as a process of its own, from a bundle of the sources as they are, so
// that streams, exit codes and the terminal's absence are the real ones. Node only.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { build, type Plugin } from "esbuild";

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

const bundles = new Map<string, Promise<string>>();

/** Path of the program, bundled once per test file and name; a plugin may change what goes into it. */
export function bundleCli(name = "cli", plugin?: Plugin): Promise<string> {
  const known = bundles.get(name);
  if (known !== undefined) return known;
  mkdirSync("build", { recursive: true });
  const outfile = resolve("build", `test-${name}-${process.pid}.mjs`);
  const bundle = build({
    entryPoints: ["src/cli/main.ts"],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: ["es2022"],
    logLevel: "warning",
    plugins: plugin === undefined ? [] : [plugin],
  }).then(() => outfile);
  bundles.set(name, bundle);
  return bundle;
}

/** Runs a command to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
  doctored?: string,
): Promise<CliResult> {
  const program = doctored ?? (await bundleCli());
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...inherited, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on("data", (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.stderr.push(chunk));
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");
  const code = await new Promise<number | null>((done) => child.on("close", done));
  return {
    code,
    stdout: Buffer.concat(chunks.stdout).toString("utf8"),
    stderr: Buffer.concat(chunks.stderr).toString("utf8"),
  };
}

/** Runs a line of `sh`, in which `underkeel` is the program. */
export async function runShell(line: string, folder: string): Promise<CliResult> {
  const program = await bundleCli();
  const script = `set -e; underkeel() { "${process.execPath}" "${program}" "$@"; }\n${line}\n`;
  const child = spawn("sh", ["-c", script], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString("utf8");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString("utf8");
  });
  const code = await new Promise<number | null>((done) => child.on("close", done));
  return { code, stdout, stderr };
}
