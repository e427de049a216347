// docs/semantics.md against the code: its table of profiles is what resolveProfile gives, every knob has its paragraph, and every source
// key that a rule cites is listed.
/// <reference types="vite/client" />
import { describe, expect, it } from "vitest";
import SEMANTICS from "../docs/semantics.md?raw";
import { KNOB_VALUES, PROFILE_NAMES, resolveProfile } from "../src/engine/profiles.ts";
import type { Profile } from "../src/types.ts";

function section(title: string): string {
  const [, body] = SEMANTICS.split(`\n## ${title}\n`);
  return body?.split("\n## ")[0] ?? "";
}

/** Cells of the rows of a section's first table, its heading first. */
function tableOf(title: string): string[][] {
  return section(title)
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^[|\s-]+$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
}

describe("docs/semantics.md", () => {
  it("gives every named profile as it is", () => {
    const [head, ...rows] = tableOf("Profiles").slice(0, Object.keys(KNOB_VALUES).length + 1);
    const [, ...names] = head ?? [];
    expect(names).toEqual(PROFILE_NAMES);
    const written = names.map((name, at) => [
      name,
      Object.fromEntries(rows.map(([knob = "", ...values]) => [knob, values[at]])),
    ]);
    const real = PROFILE_NAMES.map((name) => {
      // The rules of liquidation stand in docs/liquidation.md, with a test of their own.
      const { liquidation: _rules, ...resolved } = resolveProfile(name as Profile);
      const knobs = Object.entries(resolved);
      return [name, Object.fromEntries(knobs.map(([knob, value]) => [knob, String(value)]))];
    });
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(real));
  });

  it("explains every knob and each of its values", () => {
    const rules = SEMANTICS.split("\n## Profiles\n")[0] ?? "";
    for (const [knob, values] of Object.entries(KNOB_VALUES)) {
      expect(rules, knob).toContain(`\`${knob}\``);
      for (const value of values) {
        if (typeof value === "string") expect(rules, `${knob} ${value}`).toContain(`\`${value}\``);
      }
    }
  });

  it("lists every source that it cites, and none that it does not", () => {
    const [text = "", sources = ""] = SEMANTICS.split("\n## Sources\n");
    const cited = new Set(
      Array.from(text.matchAll(/\[([A-Z]{2}(?:-[A-Z0-9]+)?)\]/g), ([, key]) => key),
    );
    const listed = sources
      .split("\n")
      .filter((line) => /^\| [A-Z]{2}/.test(line))
      .flatMap((line) => line.split("|")[1]?.split(",") ?? [])
      .map((key) => key.trim());
    expect([...cited].sort()).toEqual([...listed].sort());
    expect(new Set(listed).size).toBe(listed.length);
  });
});
