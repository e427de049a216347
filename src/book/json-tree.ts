// Small parts of a document (its header, one account) as trees whose every value knows where it stands. Members are Maps:
// a key such as `__proto__` is a key like any other. Plain objects handed over by a program become the same trees,
// so that one reader serves both.

import { expandExponent } from "../decimal.ts";
import type { DecimalLike } from "../types.ts";
import type { JsonContainer, JsonScalar } from "./json-tokens.ts";

/** A value of a document. `line` and `column` are 0 where it came as an object. */
export interface JsonNode {
  readonly kind: JsonContainer | JsonScalar | "other";
  readonly line: number;
  readonly column: number;
  /** Text of a string, of a number as written, of a literal. */
  readonly text: string;
  /** The number, bigint or foreign value itself, where it came as an object. */
  readonly raw?: unknown;
  readonly members?: Map<string, JsonNode>;
  readonly items?: JsonNode[];
}

/** Builds one value from tokens. */
export class TreeBuilder {
  readonly #onDuplicate: (name: string, line: number, column: number) => void;
  readonly #open: JsonNode[] = [];
  readonly #keys: (string | undefined)[] = [];

  constructor(onDuplicate: (name: string, line: number, column: number) => void) {
    this.#onDuplicate = onDuplicate;
  }

  /** Is a list or object still open? */
  get building(): boolean {
    return this.#open.length > 0;
  }

  begin(kind: JsonContainer, line: number, column: number): void {
    const node: JsonNode =
      kind === "object"
        ? { kind, line, column, text: "", members: new Map() }
        : { kind, line, column, text: "", items: [] };
    this.#attach(node);
    this.#open.push(node);
    this.#keys.push(undefined);
  }

  key(name: string, line: number, column: number): void {
    if (this.#open.at(-1)?.members?.has(name)) this.#onDuplicate(name, line, column);
    this.#keys[this.#keys.length - 1] = name;
  }

  /** The finished value, or undefined while one is open. */
  end(): JsonNode | undefined {
    this.#keys.pop();
    const node = this.#open.pop();
    return this.#open.length === 0 ? node : undefined;
  }

  scalar(kind: JsonScalar, text: string, line: number, column: number): JsonNode | undefined {
    const node: JsonNode = { kind, line, column, text };
    this.#attach(node);
    return this.#open.length === 0 ? node : undefined;
  }

  #attach(node: JsonNode): void {
    const parent = this.#open.at(-1);
    if (parent === undefined) return;
    if (parent.items !== undefined) parent.items.push(node);
    else parent.members?.set(this.#keys.at(-1) as string, node);
  }
}

/** The tree of a plain value; members that are undefined are left out, as JSON does. */
export function treeOf(value: unknown): JsonNode {
  const at = { line: 0, column: 0 };
  if (value === null) return { ...at, kind: "null", text: "null" };
  if (typeof value === "string") return { ...at, kind: "string", text: value };
  if (typeof value === "boolean") return { ...at, kind: "boolean", text: String(value) };
  if (typeof value === "number" || typeof value === "bigint") {
    return { ...at, kind: "number", text: String(value), raw: value };
  }
  if (Array.isArray(value)) return { ...at, kind: "array", text: "", items: value.map(treeOf) };
  // A Map's entries are no members: it must not pass for an empty object.
  if (typeof value === "object" && !(value instanceof Map) && !(value instanceof Set)) {
    const members = new Map<string, JsonNode>();
    for (const [key, member] of Object.entries(value)) {
      if (member !== undefined) members.set(key, treeOf(member));
    }
    return { ...at, kind: "object", text: "", members };
  }
  return { ...at, kind: "other", text: typeof value, raw: value };
}

/** The value as the decimal parser takes it; what is no decimal at all is passed for it to refuse. */
export function decimalOf(node: JsonNode): DecimalLike {
  if (node.kind === "string") return node.text;
  if (node.kind === "number") {
    return node.raw === undefined ? expandExponent(node.text) : (node.raw as number | bigint);
  }
  return shownValue(node) as DecimalLike;
}

/** For messages and for passing on what is not understood. */
export function shownValue(node: JsonNode): unknown {
  if (node.kind === "null") return null;
  if (node.kind === "boolean") return node.text === "true";
  if (node.kind === "object") return "[object]";
  if (node.kind === "array") return "[list]";
  return node.raw ?? node.text;
}

/** Plain data of a tree: numbers as exact text (or as they were handed over), objects without a prototype. */
export function plainOf(node: JsonNode): unknown {
  if (node.items !== undefined) return node.items.map(plainOf);
  if (node.members !== undefined) {
    const plain: Record<string, unknown> = Object.create(null);
    for (const [key, member] of node.members) plain[key] = plainOf(member);
    return plain;
  }
  return node.kind === "number" ? decimalOf(node) : shownValue(node);
}

/**
 * The deepest value that a path such as `markets[0].tiers[1].maxNotional` leads to from here, and the part of
 * the path that was followed; leading parts that name what stands above are skipped.
 */
export function descend(node: JsonNode, path: string): { node: JsonNode; followed: string } {
  let here = node;
  let [from, to] = [0, 0];
  for (const match of path.matchAll(/([A-Za-z_]\w*)|\[(\d+)\]/g)) {
    const [token, name, index] = match;
    const next = name === undefined ? here.items?.[Number(index)] : here.members?.get(name);
    if (next !== undefined) {
      if (here === node) from = match.index;
      here = next;
      to = match.index + token.length;
    } else if (here !== node) break;
  }
  return { node: here, followed: path.slice(from, to) };
}
