// Stress tests: what each of many scenarios would liquidate and what it would cost, summed in the kernel eight scenarios at a time. Marks, pools and
// state stay as they are. A market's notional is one product: the sum of the sizes that are hit times the shocked
// price, rounded down once for each margin mode; a shortfall is the sum of max(0, −equity) over liquidatable scopes, each equity exact.
import { formatDecimal } from "../decimal.ts";
import { STRESS_ROWS, type StressSums } from "../kernel-stress.ts";
import type { MarginMode } from "../types.ts";
import { floorDivide } from "./arithmetic.ts";
import { emptyRecord } from "./order.ts";
import { optionalFlag, refuseUnknownFields, requireCount, requireObject } from "./read.ts";
import { nameScope } from "./scan.ts";
import type { EngineMarket, EngineState } from "./state.ts";
import { type ReadScenario, readScenarios, type StressScenario } from "./stress-scenarios.ts";
import { type StressAccount, topAccounts } from "./stress-top.ts";

/** What to tell of each scenario. */
export interface StressOptions {
  /** How many of the accounts with the largest liquidated notional to name; 0 if absent. Each scenario is then scanned once more. */
  readonly top?: number;
  /** false leaves `markets` empty, for grids of thousands of scenarios. */
  readonly markets?: boolean;
}

/** Liquidatable scopes of one mode that settle in one asset; amounts in it. */
export interface StressTotals {
  readonly scopes: number;
  readonly positions: number;
  readonly notional: string;
  /** Σ max(0, −equity): what is owed beyond the collateral. */
  readonly shortfall: string;
}

/** Everything liquidatable that settles in one asset. */
export interface StressSettle extends StressTotals {
  readonly cross: StressTotals;
  readonly isolated: StressTotals;
}

/** Liquidatable positions of one market. */
export interface StressMarket {
  /** The shocked mark. */
  readonly mark: string;
  readonly positions: number;
  readonly contracts: string;
  readonly notional: string;
  readonly cross: { readonly positions: number; readonly notional: string };
  readonly isolated: {
    readonly positions: number;
    readonly notional: string;
    readonly shortfall: string;
  };
}

/** What one scenario would liquidate. */
export interface StressOutcome {
  readonly name: string;
  /** Accounts with at least one liquidatable scope. */
  readonly accounts: number;
  readonly scopes: Readonly<Record<MarginMode, number>>;
  readonly positions: number;
  /** By settle asset, of those that are touched. */
  readonly settle: Readonly<Record<string, StressSettle>>;
  /** By symbol, of those that are touched. */
  readonly markets: Readonly<Record<string, StressMarket>>;
  readonly top: readonly StressAccount[];
}

const HALVES: readonly (readonly [MarginMode, 0 | 1])[] = [
  ["cross", 0],
  ["isolated", 1],
];

class Totals {
  scopes = 0;
  positions = 0;
  notional = 0n;
  shortfall = 0n;

  add(other: Totals): void {
    this.scopes += other.scopes;
    this.positions += other.positions;
    this.notional += other.notional;
    this.shortfall += other.shortfall;
  }

  told(decimals: number): StressTotals {
    return {
      scopes: this.scopes,
      positions: this.positions,
      notional: formatDecimal(this.notional, decimals),
      shortfall: formatDecimal(this.shortfall, decimals),
    };
  }
}

type ModeTotals = Readonly<Record<MarginMode, Totals>>;

function notionalOf(market: EngineMarket, quantity: bigint, price: number): bigint {
  const { inverse, numerator, divisor } = market.terms;
  return inverse
    ? floorDivide(quantity * numerator, BigInt(price) * divisor)
    : floorDivide(quantity * BigInt(price) * numerator, divisor);
}

/** Sums of one row of the last pass. */
class RowReader {
  readonly #state: EngineState;
  readonly #row: number;
  readonly #priceOf: Map<number, number>;
  readonly #settle: Map<number, ModeTotals> = new Map();
  readonly markets: Record<string, StressMarket> = emptyRecord();
  readonly scopes: Record<MarginMode, number> = { cross: 0, isolated: 0 };
  positions = 0;

  constructor(state: EngineState, row: number, { prices }: ReadScenario, withMarkets: boolean) {
    this.#state = state;
    this.#row = row;
    this.#priceOf = new Map(prices.map(([{ slot }, price]) => [slot, price]));
    for (const market of state.markets) this.#addMarket(market, withMarkets);
    // The first leg of a scope may be a coin.
    for (const coin of state.collaterals.all()) {
      for (const [mode, half] of HALVES) {
        const sums = state.kernel.stressSums(row, coin.slot, half);
        if (sums !== undefined) this.#add(coin.settle, mode, sums, 0, 0n);
      }
    }
  }

  settle(): Record<string, StressSettle> {
    const told = emptyRecord<StressSettle>();
    for (const { index, code, decimals } of this.#state.assets) {
      const totals = this.#settle.get(index);
      if (totals === undefined) continue;
      const all = new Totals();
      all.add(totals.cross);
      all.add(totals.isolated);
      const cross = totals.cross.told(decimals);
      told[code] = { ...all.told(decimals), cross, isolated: totals.isolated.told(decimals) };
    }
    return told;
  }

  #addMarket(market: EngineMarket, withMarkets: boolean): void {
    const { kernel } = this.#state;
    const { slot, settle, settleDecimals } = market;
    const parts = { cross: new Totals(), isolated: new Totals() };
    let quantity = 0n;
    const price = this.#priceOf.get(slot) ?? kernel.mark(slot);
    for (const [mode, half] of HALVES) {
      const sums = kernel.stressSums(this.#row, slot, half);
      if (sums === undefined) continue;
      const part = parts[mode];
      part.positions = sums.positions;
      part.notional = notionalOf(market, sums.quantity, price);
      part.shortfall = sums.shortfall;
      quantity += sums.quantity;
      this.#add(settle, mode, sums, part.positions, part.notional);
    }
    const positions = parts.cross.positions + parts.isolated.positions;
    if (!withMarkets || positions === 0) return;
    const text = (units: bigint): string => formatDecimal(units, settleDecimals);
    this.markets[market.symbol] = {
      mark: formatDecimal(price, market.priceDecimals),
      positions,
      contracts: formatDecimal(quantity, market.amountDecimals),
      notional: text(parts.cross.notional + parts.isolated.notional),
      cross: { positions: parts.cross.positions, notional: text(parts.cross.notional) },
      isolated: {
        positions: parts.isolated.positions,
        notional: text(parts.isolated.notional),
        shortfall: text(parts.isolated.shortfall),
      },
    };
  }

  #add(
    settle: number,
    mode: MarginMode,
    sums: StressSums,
    positions: number,
    notional: bigint,
  ): void {
    let totals = this.#settle.get(settle);
    if (totals === undefined) {
      totals = { cross: new Totals(), isolated: new Totals() };
      this.#settle.set(settle, totals);
    }
    const { pools: scopes, shortfall } = sums;
    const total = totals[mode];
    total.scopes += scopes;
    total.positions += positions;
    total.notional += notional;
    total.shortfall += shortfall;
    this.scopes[mode] += scopes;
    this.positions += positions;
  }
}

/** One pass: up to STRESS_ROWS scenarios. */
function runRows(
  state: EngineState,
  scenarios: readonly ReadScenario[],
  withMarkets: boolean,
): Omit<StressOutcome, "top">[] {
  const { kernel } = state;
  kernel.openStress();
  scenarios.forEach(({ prices }, row) => {
    for (const [{ slot }, price] of prices) kernel.setStressed(row, slot, price);
  });
  let owners: readonly number[];
  try {
    owners = kernel.stress(scenarios.length).owners;
  } catch (error) {
    const { path } = scenarios[kernel.faultRow] ?? { path: "scenarios" };
    throw nameScope(state, kernel.faultPool, error, path);
  }
  return scenarios.map((scenario, row) => {
    const read = new RowReader(state, row, scenario, withMarkets);
    const { scopes, positions, markets } = read;
    const accounts = owners[row] ?? 0;
    return { name: scenario.name, accounts, scopes, positions, settle: read.settle(), markets };
  });
}

/**
 * What scenarios would liquidate. Changes nothing.
 *
 * @throws RiskError naming the scenario's field; VALUE_OUT_OF_RANGE where a shock takes a figure out of 63 bits; CAPACITY where
 * memory does not suffice
 * @example
 * const engine = RiskEngine.fromBook({
 *   assets: [{ code: "USDT" }],
 *   markets: [{
 *     symbol: "ETH/USDT:USDT", settle: "USDT", precision: { amount: "0.01" },
 *     tiers: [{ maintenanceMarginRate: "0.01" }],
 *   }],
 *   marks: { "ETH/USDT:USDT": "2000" },
 *   accounts: [{
 *     id: "bob",
 *     balances: { USDT: "300" },
 *     positions: [{ symbol: "ETH/USDT:USDT", side: "long", contracts: "1", entryPrice: "2000", marginMode: "cross" }],
 *   }],
 * });
 * const [mild, severe] = engine.stress([{ all: "-0.1" }, { shocks: { "ETH/USDT:USDT": "-0.2" } }]);
 * mild.accounts; // => 0
 * severe.settle.USDT.notional; // => "1600"
 * severe.settle.USDT.shortfall; // => "100"
 */
export function stress(
  state: EngineState,
  scenarios: readonly StressScenario[],
  options: StressOptions,
): StressOutcome[] {
  requireObject(options, "options");
  refuseUnknownFields(options, ["top", "markets"], "options");
  const top = requireCount(options.top ?? 0, "options.top");
  const withMarkets =
    options.markets === undefined || optionalFlag(options.markets, "options.markets");
  const read = readScenarios(state, scenarios, "scenarios");
  const outcomes: Omit<StressOutcome, "top">[] = [];
  try {
    for (let from = 0; from < read.length; from += STRESS_ROWS) {
      outcomes.push(...runRows(state, read.slice(from, from + STRESS_ROWS), withMarkets));
    }
  } finally {
    state.kernel.closeStress();
  }
  return outcomes.map((outcome, index) => {
    const prices = read[index]?.prices ?? [];
    return { ...outcome, top: top === 0 ? [] : topAccounts(state, prices, top) };
  });
}
