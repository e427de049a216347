// Every @example in src is a program: it is cut out of its comment and run against the package's exports, and each
// line that ends in `// => value` must give that value. So the documentation cannot drift from the code.
/// <reference types="vite/client" />
import { describe, expect, it } from "vitest";
import BROWSER from "../docs/browser.md?raw";
import LIQUIDATION from "../docs/liquidation.md?raw";
import SNAPSHOTS from "../docs/snapshots.md?raw";
import STOPS from "../docs/stops.md?raw";
import README from "../README.md?raw";
import * as adapters from "../src/adapters/index.ts";
import * as charts from "../src/charts/index.ts";
import * as core from "../src/core.ts";
import * as generate from "../src/generate/index.ts";
import * as underkeel from "../src/index.ts";
import * as reference from "../src/reference/index.ts";

const SOURCES = import.meta.glob("../src/**/*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
}) as Record<string, string>;

const EXPORTS: Record<string, unknown> = {
  ...adapters,
  ...charts,
  ...core,
  ...generate,
  ...reference,
  ...underkeel,
};

interface Example {
  readonly name: string;
  readonly code: string;
}

/** The @example blocks of a file's doc comments, stripped of their stars. */
function examplesOf(path: string, source: string): Example[] {
  const found: Example[] = [];
  for (const [comment] of source.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const lines = comment
      .replace(/^\/\*\*|\*\/$/g, "")
      .split("\n")
      .map((line) => line.replace(/^\s*\* ?/, ""));
    const text = lines.join("\n");
    for (const [, code] of text.matchAll(/@example\n([\s\S]*?)(?=\n@|$(?![\s\S]))/g)) {
      if (code !== undefined) found.push({ name: `${path} #${found.length + 1}`, code });
    }
  }
  return found;
}

/** Imports become a lookup, `expression; // => value` becomes a comparison. */
function translate(code: string): string {
  return code
    .replace(
      /import \{([^}]*)\} from "underkeel(\/adapters|\/charts|\/generate|\/kernel|\/reference)?";?/g,
      "const {$1} = names;",
    )
    .split("\n")
    .map((line) => {
      const match = /^(.*?);?\s*\/\/ => (.*)$/.exec(line);
      return match === null
        ? line
        : `check((${match[1]}), (${match[2]}), ${JSON.stringify(line)});`;
    })
    .join("\n");
}

/** The programs of pages, by the name of the page. */
const PAGES: Readonly<Record<string, string>> = {
  README,
  "docs/browser.md": BROWSER,
  "docs/liquidation.md": LIQUIDATION,
  "docs/snapshots.md": SNAPSHOTS,
  "docs/stops.md": STOPS,
};

const PAGE_PROGRAMS = Object.entries(PAGES).flatMap(([page, text]) =>
  [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code], index) => ({
    name: `${page} #${index + 1}`,
    code: code ?? "",
  })),
);

const EXAMPLES = Object.entries(SOURCES)
  .filter(([path]) => !path.includes("/generated/"))
  .flatMap(([path, source]) => examplesOf(path, source))
  // Examples of the Node-only entry point have tests of their own.
  .filter(({ code }) => !code.includes("underkeel/node"));

const PROGRAMS = EXAMPLES.filter(({ code }) => code.includes("// => "));

describe("examples in doc comments", () => {
  it("are programs, but for the reference's one-line sketches", () => {
    expect(PROGRAMS.length).toBeGreaterThan(5);
    const sketches = EXAMPLES.filter((example) => !PROGRAMS.includes(example));
    for (const { name } of sketches) expect(name).toContain("/reference/");
  });

  for (const { name, code } of [...PROGRAMS, ...PAGE_PROGRAMS]) {
    it(name, async () => {
      // An example without an import line may use every export by name.
      const bare = code.includes("import {") ? {} : EXPORTS;
      const body = `return (async () => {\n${translate(code)}\n})();`;
      const run = new Function("names", "check", ...Object.keys(bare), body);
      const check = (actual: unknown, expected: unknown, line: string): void => {
        expect(actual, line).toEqual(expected);
      };
      await run(EXPORTS, check, ...Object.values(bare));
    });
  }
});
