// The JSON tokenizer against JSON.parse: what it accepts, what it makes of it, where it says a fault is.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type JsonHandler, JsonTokenizer } from "../../src/book/json-tokens.ts";
import { descend, type JsonNode, plainOf, TreeBuilder, treeOf } from "../../src/book/json-tree.ts";

const encoder = new TextEncoder();

class Fault extends Error {}

/** Builds the whole document. */
class Collector implements JsonHandler {
  root: JsonNode | undefined;
  readonly duplicates: string[] = [];
  readonly #builder = new TreeBuilder((name, line, column) =>
    this.duplicates.push(`${name} ${line}:${column}`),
  );
  begin(kind: "object" | "array", line: number, column: number): void {
    this.#builder.begin(kind, line, column);
  }
  end(): void {
    this.root = this.#builder.end() ?? this.root;
  }
  key(name: string, line: number, column: number): void {
    this.#builder.key(name, line, column);
  }
  scalar(
    kind: "string" | "number" | "boolean" | "null",
    text: string,
    line: number,
    column: number,
  ): void {
    this.root = this.#builder.scalar(kind, text, line, column) ?? this.root;
  }
  fault(message: string, line: number, column: number): never {
    throw new Fault(`${line}:${column} ${message}`);
  }
}

function parse(input: string | Uint8Array, cuts: readonly number[] = []): Collector {
  const bytes = typeof input === "string" ? encoder.encode(input) : input;
  const collector = new Collector();
  const tokens = new JsonTokenizer(collector);
  const points = [
    0,
    ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  for (let index = 1; index < points.length; index++) {
    const chunk = bytes.slice(points[index - 1], points[index]);
    tokens.push(chunk);
    chunk.fill(63);
  }
  tokens.finish();
  return collector;
}

function faultOf(input: string | Uint8Array, cuts: readonly number[] = []): string {
  try {
    parse(input, cuts);
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
  return "accepted";
}

/** Numbers as exact text: what JSON.parse gives, printed. */
function withTexts(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, item: unknown) =>
    typeof item === "number" ? String(item) : item,
  );
}

const cuts = fc.array(fc.nat({ max: 4000 }), { maxLength: 10 });

describe("JsonTokenizer", () => {
  test("reads what JSON.stringify writes, however the bytes are cut", () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), fc.jsonValue());
    fc.assert(
      fc.property(value, fc.constantFrom(0, 2, "\t", "\r\n"), cuts, (given, indent, points) => {
        const text = JSON.stringify(given, null, indent);
        const node = parse(text, points).root as JsonNode;
        expect(JSON.parse(JSON.stringify(plainOf(node)))).toEqual(
          JSON.parse(JSON.stringify(plainOf(parse(text).root as JsonNode))),
        );
        expect(node).toEqual(parse(text).root);
        const integers = JSON.parse(text, (_, item: unknown) =>
          typeof item === "number" ? Math.round(item % 1e9) : item,
        );
        const again = parse(JSON.stringify(integers), points).root as JsonNode;
        expect(JSON.parse(JSON.stringify(plainOf(again)))).toEqual(withTexts(integers));
      }),
      { numRuns: 200 },
    );
  });

  test("accepts and refuses exactly what JSON.parse does", () => {
    const snippet = fc.string({
      unit: fc.constantFrom(
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"a"',
        '"b"',
        "1",
        "-",
        "0",
        ".",
        "e",
        "true",
        "null",
        " ",
        "\n",
        "\\",
        '"',
        "x",
      ),
      maxLength: 9,
    });
    fc.assert(
      fc.property(snippet, cuts, (text, points) => {
        let legal = true;
        try {
          JSON.parse(text);
        } catch {
          legal = false;
        }
        expect(faultOf(text, points) === "accepted").toBe(legal);
      }),
      { numRuns: 5000 },
    );
  });

  test("damaged documents fault at the same place however they are cut", () => {
    const good = '{"é😀": [1, "x\\n", {"k": null}],\n "b": true}';
    fc.assert(
      fc.property(
        fc.nat({ max: 60 }),
        fc.constantFrom(...'{}[],:x"1\n'),
        cuts,
        (at, character, points) => {
          const text = good.slice(0, at) + character + good.slice(at + 1);
          expect(faultOf(text, points)).toBe(faultOf(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ["", "1:1 the document ends where a value was expected"],
    ['{"a": 1,}', '1:9 expected a key in quotes, found "}"'],
    ['{\n  "a" 1}', '2:7 expected ":", found "1"'],
    ["{a: 1}", '1:2 expected a key in quotes or "}", found "a"'],
    ['{"é": NaN}', "1:7 NaN is not a JSON value; texts need quotes, numbers are plain decimals"],
    ["[0x10]", "1:2 0x10 is not a JSON value; texts need quotes, numbers are plain decimals"],
    ["[1,5,]", '1:6 expected a value, found "]"'],
    ["[01]", "1:2 01 is not a JSON value; texts need quotes, numbers are plain decimals"],
    ["[1}", '1:3 expected "," or the end of the list or object, found "}"'],
    ['["a\nb"]', "1:4 a text must not hold line ends or control characters"],
    ['["\\x"]', "1:2 a text holds an unknown escape"],
    ['["abc', "1:2 a text is not closed"],
    ["[1] 2", '1:5 expected nothing more, found "2"'],
    ["[".repeat(65), "1:65 more than 64 levels deep"],
    [`["${"x".repeat(1_100_000)}"]`, "1:2 a text or number longer than 1 MiB"],
  ])("faults with line and column (%#)", (text, message) => {
    expect(faultOf(text, [700_000])).toBe(message);
  });

  test("bytes that are not UTF-8 are refused, a byte-order mark is skipped", () => {
    expect(faultOf(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d))).toBe("1:2 a text is not UTF-8");
    expect(parse("\uFEFF[1]").root?.column).toBe(1);
  });

  test("numbers keep their text, keys their places, duplicates are reported", () => {
    const { root, duplicates } = parse(
      '{"n": 90071992.547409930, "__proto__": {"é": 1, "x": 2},\n "n": 1e-7}',
    );
    expect(duplicates).toEqual(["n 2:2"]);
    const proto = root?.members?.get("__proto__");
    expect(proto?.members?.get("x")).toMatchObject({ text: "2", line: 1, column: 54 });
    expect(root?.members?.get("n")).toMatchObject({ text: "1e-7", line: 2, column: 7 });
    expect((plainOf(root as JsonNode) as { n: string }).n).toBe("0.0000001");
  });
});

describe("trees", () => {
  test("of plain objects, and descent into them", () => {
    const tree = treeOf({ tiers: [{ a: 1, b: undefined }], x: 2n, y: null, z: "s", w: true });
    expect(plainOf(tree)).toEqual(
      Object.assign(Object.create(null), {
        tiers: [Object.assign(Object.create(null), { a: 1 })],
        x: 2n,
        y: null,
        z: "s",
        w: true,
      }),
    );
    expect(descend(tree, "markets[3].tiers[0].a").followed).toBe("tiers[0].a");
    expect(descend(tree, "markets[3].tiers[0].a").node.text).toBe("1");
    expect(descend(tree, "tiers[7].a")).toMatchObject({ followed: "tiers" });
    expect(descend(tree, "nothing")).toEqual({ node: tree, followed: "" });
  });
});
