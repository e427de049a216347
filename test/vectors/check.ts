// How worked examples are checked: an example's runner gives answers, and those that differ from the expectations beyond the
// example's tolerance are named.
import type { Vector } from "./runners.ts";

export type Answers = Record<string, unknown>;
export type Runner = (vector: Vector) => Answers;

export function close(
  actual: unknown,
  expected: unknown,
  { rel = 0, abs = 0 }: Vector["tolerance"],
): boolean {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return false;
    return expected.every((value, index) => close(actual[index], value, { rel, abs }));
  }
  if (typeof expected === "number" || typeof expected === "string") {
    const wanted = Number(expected);
    if (Number.isNaN(wanted)) return actual === expected;
    return Math.abs(Number(actual) - wanted) <= Math.max(abs, rel * Math.abs(wanted), 1e-9);
  }
  return actual === expected;
}

/** Names of the expectations that are not met; ["(...)"] where nothing can be asked. */
export function failures(
  vector: Vector,
  runners: ReadonlyMap<string, Runner>,
  commentary: ReadonlySet<string> = new Set(),
): string[] {
  const runner = runners.get(vector.category);
  if (runner === undefined) return ["(no runner)"];
  let answers: Answers;
  try {
    answers = runner(vector);
  } catch (error) {
    return [`(${error})`];
  }
  return Object.entries(vector.expected)
    .filter(([name]) => !commentary.has(name))
    .filter(([name, value]) => !(name in answers && close(answers[name], value, vector.tolerance)))
    .map(([name]) => name);
}
