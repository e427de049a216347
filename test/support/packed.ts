// The package as npm would deliver it: packed from dist, unpacked into node_modules of a scratch folder outside the clone, so that
// nothing resolves by accident. No network. Node only.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Scratch {
  readonly folder: string;
  /** Paths of the files in the package. */
  readonly files: readonly string[];
  write(name: string, text: string): string;
  remove(): void;
}

export function installPacked(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), "underkeel-packed-"));
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  const windows = process.platform === "win32";
  const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  execFileSync("npm", pack, { shell: windows, stdio: ["ignore", "ignore", "inherit"] });
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  execFileSync("tar", ["-xzf", join(folder, tarball as string), "-C", modules]);
  const home = join(modules, "underkeel");
  renameSync(join(modules, "package"), home);
  const files = readdirSync(home, { recursive: true }).map(String).sort();
  return {
    folder,
    files,
    write: (name, text) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
