// One hundred real accounts of Drift through the mapping of test/support/drift-accounts.ts: all load, each figure equals the
// BigInt reference's and sums taken from the raw numbers, books come back, and totals are those of the file.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compareWithReference } from "../../src/cli/compare.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import {
  balancesOf,
  COIN_DECIMALS,
  costOf,
  DRIFT_COINS,
  DRIFT_PERPS,
  type DriftAccount,
  driftBook,
} from "../support/drift-accounts.ts";

const DATA = process.env.UNDERKEEL_DATA ?? "../shared/data";
const FILE = `${DATA}/accounts/drift_user_accounts_2023-12.json`;
const MISSING = !existsSync(FILE);
if (MISSING) console.warn(`SKIPPED: no real accounts at ${FILE}; set UNDERKEEL_DATA`);

function accounts(): readonly DriftAccount[] {
  return JSON.parse(readFileSync(FILE, "utf8"));
}

function units(text: string, decimals: number): bigint {
  const [whole = "0", fraction = ""] = text.replace("-", "").split(".");
  const size = BigInt(whole + fraction.padEnd(decimals, "0"));
  return text.startsWith("-") ? -size : size;
}

const floor = (dividend: bigint, divisor: bigint): bigint => {
  const quotient = dividend / divisor;
  return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient;
};
const ceil = (dividend: bigint, divisor: bigint): bigint => -floor(-dividend, divisor);

/** Equity and maintenance margin of an account in units of 1e-9 USDC, from Drift's own numbers. */
function ownFigures(account: DriftAccount): { equity: bigint; maintenanceMargin: bigint } {
  let equity = 0n;
  let maintenanceMargin = 0n;
  for (const perp of account.perps) {
    const price = units(DRIFT_PERPS[perp.marketIndex]?.[1] ?? "", 6);
    const base = BigInt(perp.baseAssetAmount);
    const notional = base * price;
    // Base at 1e9 times price at 1e6: a millionth of it is 1e9.
    equity += floor(notional, 1_000_000n) + BigInt(perp.quoteAssetAmount) * 1_000n;
    maintenanceMargin += ceil((notional < 0n ? -notional : notional) * 5n, 100_000_000n);
  }
  for (const { marketIndex, balanceType, scaledBalance } of account.spots) {
    const balance = BigInt(scaledBalance) * (balanceType === "borrow" ? -1n : 1n);
    const coin = DRIFT_COINS.get(marketIndex);
    if (coin === undefined) {
      equity += balance;
      continue;
    }
    const value = balance * units(coin.price, 6);
    const size = value < 0n ? -value : value;
    const weight = value < 0n ? coin.liabilityWeight : coin.assetWeight;
    const share = units(weight, 2) - 100n;
    const haircut = ceil(size * (share < 0n ? -share : share), 100_000_000n);
    equity += floor(value, 1_000_000n) - haircut;
  }
  return { equity, maintenanceMargin };
}

describe.skipIf(MISSING)("real accounts of Drift", () => {
  test("all 100 load, each with the equity and maintenance margin of its own numbers", () => {
    const raw = accounts();
    const engine = RiskEngine.fromBook(driftBook(raw));
    const held = raw.flatMap(({ perps }) => perps).filter((perp) => perp.baseAssetAmount !== "0");
    expect(engine.stats()).toMatchObject({ accounts: 100, positions: held.length });
    for (const account of raw) {
      const view = engine.account(`drift-${account.id}`);
      const own = ownFigures(account);
      const [scope, ...others] = view.scopes();
      expect(others).toEqual([]);
      const told = {
        equity: units(scope?.equity ?? "0", COIN_DECIMALS),
        maintenanceMargin: units(scope?.maintenanceMargin ?? "0", COIN_DECIMALS),
      };
      expect([account.id, told]).toEqual([account.id, own]);
      const expected = Object.fromEntries(balancesOf(account));
      for (const [code, text] of Object.entries(view.balances())) {
        expect(units(text, COIN_DECIMALS)).toBe(expected[code] ?? 0n);
      }
    }
  });

  test("invariant 1: figures, scans, liquidation prices and shocks are the reference's, here and after moves", () => {
    const book = driftBook(accounts());
    const engine = RiskEngine.fromBook(book);
    for (const percent of [100n, 70n, 160n]) {
      const moved = (prices: Readonly<Record<string, unknown>>): Record<string, bigint> =>
        Object.fromEntries(
          Object.entries(prices).map(([key, text]) => [
            key,
            (units(String(text), 6) * percent) / 100n,
          ]),
        );
      engine.setMarks(moved(book.marks));
      engine.setIndexPrices(moved(book.indexPrices ?? {}));
      const comparison = compareWithReference(engine, engine.kernel.poolCount, () => {});
      expect(comparison.shown).toEqual([]);
      expect(comparison.mismatches).toBe(0);
      expect(comparison.pools).toBeGreaterThan(60);
      expect(comparison.searched).toBe(comparison.pools);
    }
  });

  test("invariant 7: the book holds what the file holds, to the last unit, and keeps it", () => {
    const raw = accounts();
    const engine = RiskEngine.fromBook(driftBook(raw));
    const audit = engine.audit();
    for (const [index, code] of [[0, "USDC"] as const, ...coinNames()]) {
      let held = 0n;
      for (const { spots, perps } of raw) {
        for (const { marketIndex, balanceType, scaledBalance } of spots) {
          if (marketIndex !== index) continue;
          held += balanceType === "borrow" ? -BigInt(scaledBalance) : BigInt(scaledBalance);
        }
        if (index !== 0) continue;
        for (const { quoteAssetAmount } of perps) held += BigInt(quoteAssetAmount) * 1_000n;
      }
      expect([code, units(audit[code]?.held ?? "", COIN_DECIMALS)]).toEqual([code, held]);
      expect(audit[code]?.difference).toBe("0");
    }
    const [first] = raw.filter(({ perps }) => perps.some((perp) => costOf(perp) !== 0n));
    const id = `drift-${first?.id}`;
    const [position] = engine.account(id).positions();
    engine.fill({
      account: id,
      symbol: position?.symbol ?? "",
      side: position?.side === "long" ? "sell" : "buy",
      amount: position?.contracts ?? "",
      price: position?.markPrice ?? "",
    });
    expect(engine.audit().USDC?.difference).toBe("0");
  });

  test("invariant 10: the book comes back the same", () => {
    const engine = RiskEngine.fromBook(driftBook(accounts()));
    const again = RiskEngine.fromBook(JSON.stringify(engine.toBook()));
    expect(again.stateHash()).toBe(engine.stateHash());
    expect(again.toBook()).toEqual(engine.toBook());
  });
});

function coinNames(): (readonly [number, string])[] {
  return Array.from(DRIFT_COINS, ([index, { code }]) => [index, code] as const);
}
