// The house rules that a machine can check, over every tracked kind of source: size, opening words, banned constructs.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const FOLDERS = ["assembly", "src", "test", "bench", "scripts", "web"];
const MAX_LINES = 420;
/** A suite may list more cases than a module may hold code. */
const MAX_TEST_LINES = 600;
/** [name, pattern]: none may occur. */
const BANNED: readonly (readonly [string, RegExp])[] = [
  ["default export", /^export default (?!defineConfig)/m],
  ["any", /[:<|&] ?any\b(?!\.)/],
  ["note to self", /\b(TO ?DO|FIX ?ME|XXX)\b/],
  ["type check switched off", /@ts-(ignore|nocheck|expect-error)/],
  ["test left out", /\b(it|test|describe)\.(only|todo)\b/],
];

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "generated") yield* sources(path);
    } else if (/\.(ts|mjs)$/.test(entry.name)) yield path;
  }
}

const FILES = FOLDERS.flatMap((folder) => [...sources(folder)]);

describe("house rules", () => {
  it("finds the sources", () => {
    expect(FILES.length).toBeGreaterThan(50);
  });

  it.each(FILES)("%s", (path) => {
    const text = readFileSync(path, "utf8");
    const most = path.startsWith("test") ? MAX_TEST_LINES : MAX_LINES;
    expect(text.split("\n").length, "lines").toBeLessThanOrEqual(most);
    expect(text, "opens by saying what it is for").toMatch(/^(#!.*\n)?\/\//);
    if (path.endsWith("tidy.test.ts")) return;
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    for (const [name, pattern] of BANNED) {
      const found = pattern.exec(name === "any" ? code : text);
      expect(found?.[0], name).toBeUndefined();
    }
  });

  it("keeps in test/node only what needs Node: all else runs in Chromium too", () => {
    const needs =
      /from "(node:|esbuild|\.\.\/support\/(cli|packed)|\.\.\/\.\.\/(src\/cli|bench)\/)/;
    const suites = FILES.filter((path) => /^test[\\/]node[\\/]/.test(path));
    const idle = suites.filter((path) => !needs.test(readFileSync(path, "utf8")));
    expect(idle).toEqual([]);
  });
});
