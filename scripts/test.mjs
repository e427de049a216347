// `npm test`: sets the clone up if needed, then runs the test-suite in Node and, where a Chromium is
// found ($CHROMIUM or Debian's), in the browser too, and tries the pages as a person would (e2e). Arguments go through to vitest.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, runNode, setup } from "./setup.mjs";

setup();
const passed = process.argv.slice(2);
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const chromium = process.env.CHROMIUM ?? places.find((path) => existsSync(path));

let code = runNode([vitest, "run", "--project", "node", ...passed]);
if (chromium !== undefined && existsSync(chromium)) {
  const env = { ...process.env, CHROMIUM: chromium };
  // A file named in the arguments may be for Node only.
  const browserArgs = passed.length > 0 ? ["--passWithNoTests", ...passed] : [];
  for (const project of ["chromium", "e2e"]) {
    const browserCode = runNode([vitest, "run", "--project", project, ...browserArgs], env);
    code = code === 0 ? browserCode : code;
  }
} else {
  const wanted = process.env.CHROMIUM === undefined ? places.join(", ") : `CHROMIUM=${chromium}`;
  process.stderr.write(
    `\n*** BROWSER TESTS SKIPPED: no Chromium at ${wanted}. Install Debian's chromium or set CHROMIUM. ***\n\n`,
  );
}
process.exitCode = code;
