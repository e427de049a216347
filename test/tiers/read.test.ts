// Bracket files: ccxt/freqtrade JSON unchanged and the flat CSV, with the accidents text files suffer.
import { describe, expect, test } from "vitest";
import { RiskError } from "../../src/errors.ts";
import { readBracketCsv, readBracketJson } from "../../src/tiers/index.ts";

const CSV = `symbol,tier,notional_floor,notional_cap,maint_margin_rate,max_leverage,cum
BTC/USDT:USDT,1,0,300000,0.004,150,0
BTC/USDT:USDT,2,300000,,0.005,100,300
__proto__,1,0,5,0.01,,
`;

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RiskError) return error.code;
    throw error;
  }
  return "accepted";
}

describe("readBracketCsv", () => {
  test("reads tiers per symbol; an empty cap is none", () => {
    const file = readBracketCsv(CSV);
    expect([...file.keys()]).toEqual(["BTC/USDT:USDT", "__proto__"]);
    expect(file.get("BTC/USDT:USDT")).toEqual([
      {
        tier: 1,
        minNotional: "0",
        maxNotional: "300000",
        maintenanceMarginRate: "0.004",
        maxLeverage: "150",
        info: { cum: "0" },
      },
      {
        tier: 2,
        minNotional: "300000",
        maxNotional: null,
        maintenanceMarginRate: "0.005",
        maxLeverage: "100",
        info: { cum: "300" },
      },
    ]);
    expect(file.get("__proto__")).toEqual([
      {
        tier: 1,
        minNotional: "0",
        maxNotional: "5",
        maintenanceMarginRate: "0.01",
        maxLeverage: null,
      },
    ]);
  });

  test("byte-order mark, CRLF, a missing last line end and another column order change nothing", () => {
    const expected = readBracketCsv(CSV);
    expect(readBracketCsv(`\uFEFF${CSV.replaceAll("\n", "\r\n").trimEnd()}`)).toEqual(expected);
    const reversed = CSV.split("\n")
      .map((line) => line.split(",").reverse().join(","))
      .join("\n");
    expect(readBracketCsv(reversed)).toEqual(expected);
  });

  test("a missing column and a torn row are named", () => {
    expect(codeOf(() => readBracketCsv(""))).toBe("MISSING_COLUMN");
    expect(() => readBracketCsv(CSV.replace("notional_cap", "cap"))).toThrow(
      "no column notional_cap",
    );
    expect(() => readBracketCsv(`${CSV}BTC,1,0`)).toThrow(
      "line 5: must have 7 fields without quotes",
    );
  });
});

describe("readBracketJson", () => {
  test("takes ccxt's shape as text or object, and keeps what it does not know", () => {
    const tiers = [
      {
        tier: 1,
        minNotional: 0,
        maxNotional: 5000,
        maintenanceMarginRate: 0.01,
        maxLeverage: 50,
        info: { bracket: "1" },
      },
    ];
    const file = readBracketJson(`\uFEFF${JSON.stringify({ "A/B:B": tiers })}`);
    expect(file).toEqual(new Map([["A/B:B", tiers]]));
    expect(readBracketJson({ "A/B:B": tiers })).toEqual(file);
    expect(readBracketJson('{"__proto__":[]}').get("__proto__")).toEqual([]);
  });

  test.each(["", "[]", "null", "{", '{"A":1}', '{"A":[1]}', '{"A":[{}]}'])("refuses %s", (text) => {
    expect(codeOf(() => readBracketJson(text))).toBe("BAD_FILE");
  });
});
