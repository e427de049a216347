// OKX: contracts with a value, signs in net mode, tiers by contracts, fees with the sign of a credit, and wallets beside isolated margin.
import { describe, expect, it } from "vitest";
import { fromOkx, type ImportOptions, type OkxInput } from "../../src/adapters/index.ts";
import type { BookDocument } from "../../src/types.ts";
import { equityOf, expectClose, fixture, loaded, refusal, takenIn, units } from "./support.ts";

type Row = Record<string, unknown>;
interface Answer {
  data: Row[];
}

const BTC = "BTC/USDT:USDT";
const ETH = "ETH/USDT:USDT";
const COIN = "BTC/USD:BTC";

function input(parts: Row = {}): OkxInput {
  return {
    positions: fixture("okx-positions"),
    balance: fixture("okx-balance"),
    instruments: fixture("okx-instruments"),
    tiers: fixture("okx-tiers"),
    config: fixture("okx-config"),
    fees: fixture("okx-trade-fee"),
    ...parts,
  } as unknown as OkxInput;
}

function book(parts: Row = {}, options?: ImportOptions): BookDocument {
  return fromOkx(input(parts), options);
}

function changed(name: string, index: number, change: Row): Answer {
  const answer = fixture<Answer>(name);
  answer.data[index] = { ...answer.data[index], ...change };
  return answer;
}

describe("an account in net mode", () => {
  it("has the venue's equity of each currency, isolated equity among it", () => {
    const made = book();
    const details = fixture<Answer>("okx-balance").data[0]?.details as Record<string, string>[];
    for (const detail of details) {
      expectClose(equityOf(made, detail.ccy ?? ""), detail.eq ?? "", 5);
      expectClose(equityOf(made, detail.ccy ?? "", "isolated"), detail.isoEq ?? "", 3);
    }
    expect(made.accounts[0]?.balances).toEqual({ USDT: "5000.125", BTC: "0.75" });
    expect(made.profile).toBe("okx");
    expect(made.accounts[0]?.hedged).toBe(false);
  });

  it("reads the side from the sign, the size in contracts and their value", () => {
    const { engine, account } = loaded(book());
    const short = engine.account(account).position(BTC);
    expect(short).toMatchObject({
      side: "short",
      contracts: "12.5",
      contractSize: "0.01",
      marginMode: "cross",
    });
    // 12.5 · 0.01 · 61234.5
    expect(short.notional).toBe("7654.3125");
    expect(engine.account(account).position(ETH)).toMatchObject({
      side: "long",
      isolatedMargin: "900.25",
    });
    expect(engine.account(account).position(COIN)).toMatchObject({
      contractSize: "100",
      isolatedMargin: "0.0066",
    });
  });

  it("has tiers by contracts and the fee to close, at rates that OKX prints negative", () => {
    const made = book();
    const [btc, , coin] = made.markets;
    expect(btc?.tiers[1]).toMatchObject({
      minNotional: "1001",
      maxNotional: "4000",
      maintenanceMarginRate: "0.005",
    });
    expect(btc).toMatchObject({ taker: "0.00045", maker: "0.0002" });
    expect(coin).toMatchObject({ taker: "0.0005", linear: false });
    const { engine, account } = loaded(made);
    const scope = engine.account(account).scope(BTC, "short").view();
    // ⌈7654.3125 · 0.004⌉ and ⌈7654.3125 · 0.00045⌉
    expect(scope.maintenanceMargin).toBe("30.61725");
    expect(scope.closeFee).toBe("3.44444063");
    // mgnRatio would be the inverse of this.
    expect(Number(scope.marginRatio)).toBeLessThan(1);
  });

  it("keeps resting orders", () => {
    const notes: string[] = [];
    const made = book({ orders: fixture("okx-orders") }, { onNote: (note) => notes.push(note) });
    expect(made.accounts[0]?.orders).toEqual([
      { id: "312269865356374016", symbol: BTC, side: "sell", amount: "3.75", price: "63000" },
    ]);
    expect(takenIn(made).orders).toEqual(made.accounts[0]?.orders);
    expect(notes).toHaveLength(1);
  });
});

describe("an account in long/short mode", () => {
  const positions = (): Answer => {
    const answer = changed("okx-positions", 0, { posSide: "short", pos: "12.5" });
    answer.data[1] = { ...answer.data[1], posSide: "long" };
    answer.data.splice(2);
    return answer;
  };
  const config = { data: [{ acctLv: "2", posMode: "long_short_mode" }] };

  it("reads unsigned sizes by their side", () => {
    const made = book({ positions: positions(), config });
    expect(made.accounts[0]?.hedged).toBe(true);
    expect(made.accounts[0]?.positions?.map(({ side }) => side)).toEqual(["short", "long"]);
    expect(book({ positions: positions(), config: undefined }).accounts[0]?.hedged).toBe(true);
    expect(equityOf(made, "USDT")).toBe(equityOf(book(), "USDT"));
  });

  it("refuses a signed size there", () => {
    const answer = positions();
    answer.data[0] = { ...answer.data[0], pos: "-12.5" };
    expect(refusal(() => book({ positions: answer })).path).toBe("positions[0].pos");
  });
});

describe("what is refused by name", () => {
  it("cross and isolated positions of one contract side by side", () => {
    const answer = fixture<Answer>("okx-positions");
    answer.data[1] = { ...answer.data[0], mgnMode: "isolated", margin: "5" };
    const error = refusal(() => book({ positions: answer }));
    expect(error.code).toBe("DUPLICATE_POSITION");
    expect(error.message).toContain("BTC-USDT-SWAP");
  });

  it("amounts as fine as OKX prints them, unless rounding down is asked for", () => {
    const balance = fixture<{ data: { details: Row[] }[] }>("okx-balance");
    const detail = balance.data[0]?.details[0] as Row;
    detail.cashBal = "5000.719833286123";
    expect(refusal(() => book({ balance })).code).toBe("TOO_MANY_DECIMALS");
    expect(book({ balance }, { rounding: "down" }).accounts[0]?.balances?.USDT).toBe(
      "5000.71983328",
    );
    expect(units("5000.719833286123")).toBe(500_071_983_328n);
  });

  it("unknown instruments, families without tiers, odd names", () => {
    const instruments = fixture<Answer>("okx-instruments");
    instruments.data.shift();
    const missing = refusal(() => book({ instruments }));
    expect(missing.code).toBe("UNKNOWN_SYMBOL");
    expect(missing.message).toContain("BTC-USDT-SWAP");
    const tiers = fixture<Answer>("okx-tiers");
    tiers.data = tiers.data.filter((row) => row.instFamily !== "ETH-USDT");
    expect(refusal(() => book({ tiers })).message).toContain(ETH);
    const odd = changed("okx-positions", 0, { instId: "BTC-USD_UM-SWAP" });
    const named = changed("okx-instruments", 0, { instId: "BTC-USD_UM-SWAP" });
    expect(refusal(() => book({ positions: odd, instruments: named })).code).toBe("UNKNOWN_SYMBOL");
  });

  it("an instrument that contradicts its name", () => {
    const instruments = changed("okx-instruments", 0, { settleCcy: "BTC" });
    expect(refusal(() => book({ instruments })).message).toContain("settleCcy");
  });

  it("overlapping tiers, by contract and tier", () => {
    const tiers = changed("okx-tiers", 1, { minSz: "900" });
    const error = refusal(() => book({ tiers }));
    expect(error.code).toBe("BAD_TIERS");
    expect(error.message).toContain(BTC);
    expect(error.message).toContain("tier 2");
  });

  it.each([
    ["pos", "abc"],
    ["mgnMode", "cash"],
    ["posSide", "both"],
    ["instType", "OPTION"],
    ["avgPx", ""],
  ])("a row whose %s is %j", (name, value) => {
    const error = refusal(() =>
      book({ positions: changed("okx-positions", 0, { [name]: value }) }),
    );
    expect(error.code).toBe("BAD_VALUE");
    expect(error.path).toBe(`positions[0].${name}`);
  });

  it("an isolated position without margin, portfolio margin, other venues, failed answers, no fees", () => {
    const bare = changed("okx-positions", 1, { margin: "" });
    expect(refusal(() => book({ positions: bare })).path).toBe("positions[1].margin");
    const config = { data: [{ acctLv: "4", posMode: "net_mode" }] };
    expect(refusal(() => book({ config })).path).toBe("config[0].acctLv");
    const foreign = refusal(() => book({ positions: fixture("bybit-positions") }));
    expect(foreign.message).toContain("looks like Bybit's positions");
    const failed = { code: "50113", msg: "Invalid Sign", data: [] };
    expect(refusal(() => book({ balance: failed })).message).toContain("Invalid Sign");
    expect(refusal(() => book({ fees: undefined })).message).toContain("taker fee");
  });
});
