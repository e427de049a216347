// JSON whose numbers keep their digits: each becomes its text, where JSON.parse would round what a double cannot hold (a
// balance of 90071992.54740993). Whole texts only, for files of venues; books are read as streams.

import { RiskError } from "../errors.ts";
import {
  type JsonContainer,
  type JsonHandler,
  type JsonScalar,
  JsonTokenizer,
} from "./json-tokens.ts";
import { type JsonNode, plainOf, TreeBuilder } from "./json-tree.ts";

class WholeDocument implements JsonHandler {
  readonly #name: string;
  readonly #builder: TreeBuilder;
  root: JsonNode | undefined;

  constructor(name: string) {
    this.#name = name;
    this.#builder = new TreeBuilder((key, line, column) => {
      this.fault(`the key ${JSON.stringify(key)} stands twice in one object`, line, column);
    });
  }

  begin(kind: JsonContainer, line: number, column: number): void {
    this.#builder.begin(kind, line, column);
  }

  end(): void {
    this.#keep(this.#builder.end());
  }

  key(name: string, line: number, column: number): void {
    this.#builder.key(name, line, column);
  }

  scalar(kind: JsonScalar, text: string, line: number, column: number): void {
    this.#keep(this.#builder.scalar(kind, text, line, column));
  }

  fault(message: string, line: number, column: number): never {
    throw new RiskError("BAD_FILE", `not JSON: ${message}`, {
      path: `${this.#name}:${line}:${column}`,
    });
  }

  #keep(node: JsonNode | undefined): void {
    if (node !== undefined) this.root = node;
  }
}

/**
 * The value of a JSON text; its numbers are text, its objects have no prototype.
 *
 * @throws RiskError BAD_FILE with file, line and column
 */
export function parseExactJson(text: string, name: string): unknown {
  const document = new WholeDocument(name);
  const tokens = new JsonTokenizer(document);
  tokens.push(new TextEncoder().encode(text));
  tokens.finish();
  return document.root === undefined ? null : plainOf(document.root);
}
