// Fields of a document's objects, read with their places: what is missing, of the wrong kind or looks misspelt is
// logged where it stands. Keys that mean nothing to us are ignored (ccxt objects have many), unless one
// is a near miss of a key we know and did not find: a balance under "balences" must not count as no balance.

import { type DecimalLimits, parseDecimal } from "../decimal.ts";
import type { ProblemLog } from "./book-error.ts";
import { decimalOf, type JsonNode, shownValue } from "./json-tree.ts";

const SHORTEST_GUESS = 5;

/** Reads values of one document; every method logs its own problems and then returns undefined. */
export class FieldReader {
  readonly #file: string;
  readonly #problems: ProblemLog;

  constructor(file: string, problems: ProblemLog) {
    this.#file = file;
    this.#problems = problems;
  }

  place(node: JsonNode): { file: string; line: number; column: number } {
    return { file: this.#file, line: node.line, column: node.column };
  }

  /** A value of the wrong kind, or one that breaks a rule. */
  refuse(
    node: JsonNode,
    path: string,
    message: string,
    code: "BAD_VALUE" | "UNKNOWN_ASSET" | "UNKNOWN_SYMBOL" = "BAD_VALUE",
  ): undefined {
    this.#problems.add(code, this.place(node), path, message, { value: shownValue(node) });
  }

  /** A RiskError caught; others are thrown on. */
  refuseError(error: unknown, node: JsonNode, path: string): undefined {
    this.#problems.addError(error, this.place(node), path);
  }

  /** Is it an object with the required keys? Logs all that are missing and all near misses. */
  object(
    node: JsonNode,
    path: string,
    required: readonly string[],
    optional: readonly string[],
  ): Map<string, JsonNode> | undefined {
    const members = node.members;
    if (members === undefined) return this.refuse(node, path, "must be an object");
    const known = [...required, ...optional];
    const absent = known.filter((name) => !members.has(name));
    if (absent.length === 0) return members;
    let sound = true;
    for (const name of absent) {
      const near = [...members.keys()].find((key) => !known.includes(key) && isNearMiss(key, name));
      const place = near === undefined ? node : (members.get(near) as JsonNode);
      if (near !== undefined) {
        this.#problems.add(
          "BAD_VALUE",
          this.place(place),
          `${path}.${near}`,
          `is no known key; is ${name} meant?`,
        );
        sound = false;
      } else if (required.includes(name)) {
        this.#problems.add("BAD_VALUE", this.place(place), `${path}.${name}`, "is missing");
        sound = false;
      }
    }
    return sound ? members : undefined;
  }

  /** A text of 1 to `maxLength` characters. */
  text(node: JsonNode, path: string, maxLength: number): string | undefined {
    if (node.kind === "string" && node.text.length >= 1 && node.text.length <= maxLength)
      return node.text;
    return this.refuse(node, path, `must be a text of 1 to ${maxLength} characters`);
  }

  /** Absent or null: the default. */
  boolean(node: JsonNode | undefined, path: string, fallback: boolean): boolean | undefined {
    if (isAbsent(node)) return fallback;
    if (node.kind === "boolean") return node.text === "true";
    return this.refuse(node, path, "must be true or false");
  }

  decimal(
    node: JsonNode,
    path: string,
    decimals: number,
    limits: DecimalLimits,
  ): bigint | undefined {
    try {
      return parseDecimal(decimalOf(node), decimals, path, limits);
    } catch (error) {
      return this.refuseError(error, node, path);
    }
  }
}

/** Not there, or null. */
export function isAbsent(node: JsonNode | undefined): node is undefined {
  return node === undefined || node.kind === "null";
}

/** Equal but for case, or one change, insertion or removal away (two in names of eight or more). */
function isNearMiss(key: string, name: string): boolean {
  if (key.toLowerCase() === name.toLowerCase()) return true;
  if (Math.min(key.length, name.length) < SHORTEST_GUESS) return false;
  return editDistance(key.slice(0, 32), name) <= (name.length >= 8 ? 2 : 1);
}

function editDistance(first: string, second: string): number {
  let row = Array.from({ length: second.length + 1 }, (_, index) => index);
  for (let i = 1; i <= first.length; i++) {
    const next = [i];
    for (let j = 1; j <= second.length; j++) {
      const change = (row[j - 1] as number) + (first[i - 1] === second[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[second.length] as number;
}
