// The licences of packages whose code or files end up in what we hand out: beside the bundles of the package and beside the pages.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** Bundled into every entry point that holds the kernel. */
export const BUNDLED = ["@assemblyscript/loader", "fflate"];

/** One text; a package without a licence file is named with the licence it states. */
export function licenseTexts(packages) {
  const texts = packages.map((name) => {
    const folder = join(root, "node_modules", name);
    const { version, license, homepage } = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    );
    const file = join(folder, "LICENSE");
    const text = existsSync(file) ? readFileSync(file, "utf8").trim() : `${license}: ${homepage}`;
    return `${name} ${version}\n\n${text}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
