// The byte-level CSV reader, its name index and its decimals, each against the plainest thing that does the same.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteIndex } from "../../src/book/byte-index.ts";
import { plainUnits } from "../../src/book/bytes.ts";
import { CsvReader } from "../../src/book/csv.ts";
import { parseDecimal } from "../../src/decimal.ts";
import { RiskError } from "../../src/errors.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Records with their lines, read from the text cut at the given offsets. */
function read(
  text: string | Uint8Array,
  cuts: readonly number[] = [],
): [number, string[], number[]][] {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const found: [number, string[], number[]][] = [];
  const reader = new CsvReader("x.csv", (record) => {
    const fields: string[] = [];
    const columns: number[] = [];
    for (let field = 0; field < record.count; field++) {
      fields.push(decoder.decode(record.bytes.slice(record.starts[field], record.ends[field])));
      columns.push(record.column(field));
    }
    found.push([record.line, fields, columns]);
  });
  const points = [
    0,
    ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  for (let index = 1; index < points.length; index++) {
    // A copy that is overwritten afterwards: nothing of a chunk may be kept.
    const chunk = bytes.slice(points[index - 1], points[index]);
    reader.push(chunk);
    chunk.fill(63);
  }
  reader.finish();
  return found;
}

const field = fc.oneof(
  fc.stringMatching(/^[a-z0-9.:/-]{0,12}$/),
  fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r", "é", "😀", " "), maxLength: 6 }),
);
const record = fc.array(fc.tuple(field, fc.boolean()), { minLength: 1, maxLength: 5 });
const file = fc.record({
  records: fc.array(record, { maxLength: 12 }),
  lineEnd: fc.constantFrom("\n", "\r\n"),
  mark: fc.boolean(),
  lastLineEnd: fc.boolean(),
  cuts: fc.array(fc.nat({ max: 2000 }), { maxLength: 12 }),
});

function written(text: string, quoted: boolean): string {
  return quoted || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

describe("CsvReader", () => {
  test("reads back what RFC 4180 writes, however the bytes are cut", () => {
    fc.assert(
      fc.property(file, ({ records, lineEnd, mark, lastLineEnd, cuts }) => {
        const lines = records.map((fields) =>
          fields.map(([text, quoted]) => written(text, quoted)).join(","),
        );
        const text = (mark ? "\uFEFF" : "") + lines.join(lineEnd) + (lastLineEnd ? lineEnd : "");
        const expected = records
          .map((fields) => fields.map(([value]) => value))
          .filter((_, index) => lines[index] !== "");
        expect(read(text, cuts).map(([, fields]) => fields)).toEqual(expected);
        expect(read(text, cuts)).toEqual(read(text));
      }),
      { numRuns: 300 },
    );
  });

  test("every single cut of a file with all oddities gives the same records", () => {
    const text = '\uFEFFa,b\r\n"x ""y""\n",é\r\n\r\n1,"2"\n,\n"",""';
    const whole = read(text);
    expect(whole).toEqual([
      [1, ["a", "b"], [1, 3]],
      [2, ['x "y"\n', "é"], [1, 12]],
      [5, ["1", "2"], [1, 3]],
      [6, ["", ""], [1, 2]],
      [7, ["", ""], [1, 4]],
    ]);
    for (let cut = 0; cut <= encoder.encode(text).length; cut++)
      expect(read(text, [cut])).toEqual(whole);
  });

  test("long records and files, cut anywhere", () => {
    const long = ["x".repeat(9000), `"${"é,\n".repeat(1500)}"`, "1,2,3", `${"y".repeat(5000)},"z"`];
    const text = Array.from({ length: 12 }, (_, index) => long[index % 4] as string).join("\r\n");
    const whole = read(text).map(([line, fields]) => [line, fields]);
    expect(whole.map(([line]) => line)).toEqual([
      1, 2, 1503, 1504, 1505, 1506, 3007, 3008, 3009, 3010, 4511, 4512,
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 80_000 }), { maxLength: 20 }), (cuts) => {
        expect(read(text, cuts).map(([line, fields]) => [line, fields])).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['a\n"b', "not closed"],
    ['a\n"b"c\n', "follows a closing quote"],
    [`a\n"${"x".repeat(1_100_000)}`, "longer than 1 MiB"],
    [`a\n${"x".repeat(1_100_000)}\n`, "longer than 1 MiB"],
    [`a\n${",".repeat(300)}\n`, "more than 256 fields"],
    [`a\n"",${",".repeat(300)}\n`, "more than 256 fields"],
  ])("refuses a broken record, naming the line (%#)", (text, message) => {
    expect(() => read(text, [4, 700_000])).toThrow(RiskError);
    expect(() => read(text, [4, 700_000])).toThrow(`x.csv:2: `);
    expect(() => read(text, [4, 700_000])).toThrow(message);
  });

  test("an empty file has no records", () => {
    expect(read("")).toEqual([]);
    expect(read("\n\r\n\n")).toEqual([]);
    expect(read("\uFEFF")).toEqual([]);
  });
});

describe("plainUnits", () => {
  test("equals parseDecimal or declines, never guesses", () => {
    const text = fc.oneof(
      fc.stringMatching(/^-?[0-9]{0,17}(\.[0-9]{0,10})?$/),
      fc.string({
        unit: fc.constantFrom("0", "1", "9", ".", "-", "e", "+", " ", ","),
        maxLength: 8,
      }),
    );
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 18 }), (value, decimals) => {
        const bytes = encoder.encode(`,${value},`);
        const units = plainUnits(bytes, 1, bytes.length - 1, decimals);
        if (Number.isNaN(units)) return;
        expect(Object.is(units, -0)).toBe(false);
        expect(BigInt(units)).toBe(parseDecimal(value, decimals, "x"));
      }),
      { numRuns: 3000 },
    );
  });

  test("takes the common forms itself", () => {
    const take = (text: string, decimals: number) => {
      const bytes = encoder.encode(text);
      return plainUnits(bytes, 0, bytes.length, decimals);
    };
    expect(take("61234.5", 8)).toBe(6123450000000);
    expect(take("-0.001", 3)).toBe(-1);
    expect(take("12", 0)).toBe(12);
    expect(take("-0", 0)).toBe(0);
    expect(take("12345678.12345678", 8)).toBeNaN();
  });
});

describe("ByteIndex", () => {
  test("numbers names as a Map does, past its growth", () => {
    const names = fc.array(fc.string({ unit: "binary", maxLength: 6 }), { maxLength: 40 });
    fc.assert(
      fc.property(names, fc.boolean(), (list, ordered) => {
        const index = new ByteIndex(ordered);
        const map = new Map<string, number>();
        for (const name of list) {
          const bytes = encoder.encode(`<${name}>`);
          const key = decoder.decode(bytes);
          expect(index.find(bytes, 1, bytes.length - 1)).toBe(map.get(key) ?? -1);
          if (map.has(key)) continue;
          map.set(key, map.size);
          expect(index.add(bytes, 1, bytes.length - 1)).toBe(map.size - 1);
        }
      }),
    );
    const index = new ByteIndex(true);
    for (let at = 0; at < 5_000; at++) {
      const bytes = encoder.encode(`account-${at}`);
      if (index.find(bytes, 0, bytes.length) !== -1) throw new Error(`${at} is there already`);
      index.add(bytes, 0, bytes.length);
    }
    for (let at = 0; at < 5_000; at++) {
      const bytes = encoder.encode(`account-${at}`);
      if (index.find(bytes, 0, bytes.length) !== at) throw new Error(`${at} is lost`);
    }
  });
});
