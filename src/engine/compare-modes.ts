// Cross against isolated for one account, as data: the same positions as they are, all cross and all isolated, and what shocks leave of
// each. Every variant is a scratch engine of its own with nobody else in it, and every figure is what that engine says through
// its public methods, so nothing here can disagree with an account that really stands so.
//
// The rule of `left`: a scope that is liquidatable at the prices of the shock counts 0, any other its equity there, a wallet without positions
// included. That is the worst case of a liquidation: a cross pool loses all it holds and never more, an isolated position its margin and
// never more. What a liquidation would save of it, or could not cover, is the business of a liquidation engine.
import { formatDecimal } from "../decimal.ts";
import type { AccountReport, BookDocument, PositionSide, ScopeName, ScopeView } from "../types.ts";
import { accountBook } from "./account-book.ts";
import type { RiskEngine } from "./engine.ts";
import { type ComparedShock, type ModeShock, readShocks } from "./mode-shocks.ts";
import { allCrossBook, allIsolatedBook } from "./mode-variants.ts";
import { emptyRecord } from "./order.ts";
import { refuseUnknownFields, requireObject } from "./read.ts";
import type { EngineState } from "./state.ts";

/** What to compare by. */
export interface CompareModesOptions {
  /**
   * Default: 5, 10, 20 and 30 % of everything against the account, and, where more than one thing moves, the market of its
   * largest position alone by 20 %.
   */
  readonly shocks?: readonly ModeShock[];
}

/** Names a position of the account. */
export interface PositionName {
  readonly symbol: string;
  readonly side: PositionSide;
}

/** What a variant comes to at some prices. */
export interface ModeOutcome {
  /** By settle asset: Σ over scopes of (liquidatable ? 0 : equity), wallets without positions included. */
  readonly left: Readonly<Record<string, string>>;
  readonly liquidatable: readonly ScopeName[];
  /** Positions that fall here and stand in the all-isolated variant at the same prices: pulled down by others. */
  readonly contagion: readonly PositionName[];
  /** Positions that stand here and fall in the all-isolated variant: carried by others, or by the wallet. */
  readonly carried: readonly PositionName[];
}

/** One way to hold the positions. */
export interface ModeVariant {
  /** All isolated: a wallet could not give every position its initial margin, and all of its margins are smaller by one share. */
  readonly scaled: boolean;
  /** Balances, scopes and positions with every figure, at the marks. */
  readonly report: AccountReport;
  /** By settle asset: Σ of the scopes' equity at the marks. */
  readonly equity: Readonly<Record<string, string>>;
  /** The least joint shock of all its scopes: the first is aground there; null: none ever is. */
  readonly jointShock: string | null;
  /** At the marks. */
  readonly now: ModeOutcome;
  /** In the order of the shocks. */
  readonly outcomes: readonly ModeOutcome[];
}

export const MODE_VARIANTS = ["asIs", "allCross", "allIsolated"] as const;
export type ModeVariantName = (typeof MODE_VARIANTS)[number];

/** The same positions three ways. */
export interface ModeComparison {
  readonly account: string;
  readonly hedged: boolean;
  readonly shocks: readonly ComparedShock[];
  readonly variants: Readonly<Record<ModeVariantName, ModeVariant>>;
}

type LoadBook = (book: BookDocument) => RiskEngine;

/** A variant's fate at some prices, before it is compared with that of the isolated positions. */
interface Fate {
  readonly left: Readonly<Record<string, string>>;
  readonly liquidatable: readonly ScopeName[];
  /** Keys of positions in liquidatable scopes. */
  readonly fallen: ReadonlySet<string>;
}

function keyOf({ symbol, side }: PositionName): string {
  return `${side} ${symbol}`;
}

/** The positions whose fate a scope is. */
function positionsOf(state: EngineState, report: AccountReport, scope: ScopeView): PositionName[] {
  const { symbol: own, side: ownSide, settle } = scope;
  if (own !== null && ownSide !== null) return [{ symbol: own, side: ownSide }];
  return report.positions.filter(({ symbol, marginMode }) => {
    const asset = state.assetAt(state.market(symbol, "symbol").settle);
    return marginMode === "cross" && asset.code === settle;
  });
}

/** Sums by asset code as decimal text; assets in the order of their first scope. */
class AssetSums {
  readonly #sums: Map<string, bigint> = new Map();

  add(code: string, amount: bigint): void {
    this.#sums.set(code, (this.#sums.get(code) ?? 0n) + amount);
  }

  text(state: EngineState): Record<string, string> {
    const texts = emptyRecord<string>();
    for (const [code, sum] of this.#sums) {
      texts[code] = formatDecimal(sum, state.asset(code, "asset").decimals);
    }
    return texts;
  }
}

function figuresOf(
  engine: RiskEngine,
  scope: ScopeView,
): { readonly equity: bigint; readonly liquidatable: boolean } {
  const { account, settle, symbol, side } = scope;
  return symbol === null || side === null
    ? engine.crossScope(account, settle).figures()
    : engine.isolatedScope(account, symbol, side).figures();
}

function fateOf(state: EngineState, engine: RiskEngine, report: AccountReport): Fate {
  const left = new AssetSums();
  const liquidatable: ScopeName[] = [];
  const fallen = new Set<string>();
  for (const scope of report.scopes) {
    const figures = figuresOf(engine, scope);
    left.add(scope.settle, figures.liquidatable ? 0n : figures.equity);
    if (!figures.liquidatable) continue;
    const { account, scope: mode, settle, symbol, side } = scope;
    liquidatable.push({ account, scope: mode, settle, symbol, side });
    for (const position of positionsOf(state, report, scope)) fallen.add(keyOf(position));
  }
  return { left: left.text(state), liquidatable, fallen };
}

/** A variant with its fates, the marks' first. */
interface Reckoned {
  readonly scaled: boolean;
  readonly report: AccountReport;
  readonly equity: Readonly<Record<string, string>>;
  readonly fates: readonly Fate[];
}

function reckon(
  state: EngineState,
  load: LoadBook,
  variant: { readonly book: BookDocument; readonly scaled: boolean },
  shocks: readonly ComparedShock[],
): Reckoned {
  const { book, scaled } = variant;
  const engine = load(book);
  const report = engine.account(book.accounts[0]?.id ?? "").report();
  const equity = new AssetSums();
  for (const scope of report.scopes) equity.add(scope.settle, figuresOf(engine, scope).equity);
  const fates = [fateOf(state, engine, report)];
  for (const { marks, indexPrices } of shocks) {
    engine.setMarks({ ...book.marks, ...marks });
    if (book.indexPrices !== undefined) {
      engine.setIndexPrices({ ...book.indexPrices, ...indexPrices });
    }
    fates.push(fateOf(state, engine, report));
  }
  return { scaled, report, equity: equity.text(state), fates };
}

function outcome(fate: Fate, alone: Fate, positions: readonly PositionName[]): ModeOutcome {
  const named = ({ symbol, side }: PositionName): PositionName => ({ symbol, side });
  const fell = (which: Fate, position: PositionName): boolean => which.fallen.has(keyOf(position));
  return {
    left: fate.left,
    liquidatable: fate.liquidatable,
    contagion: positions.filter((one) => fell(fate, one) && !fell(alone, one)).map(named),
    carried: positions.filter((one) => !fell(fate, one) && fell(alone, one)).map(named),
  };
}

function variantOf(reckoned: Reckoned, isolated: Reckoned): ModeVariant {
  const { scaled, report, equity, fates } = reckoned;
  const outcomes = fates.map((fate, at) =>
    outcome(fate, isolated.fates[at] ?? fate, report.positions),
  );
  const shocks = report.scopes.flatMap(({ jointShock }) =>
    jointShock === null ? [] : [jointShock],
  );
  const least = shocks.sort((a, b) => Number(a) - Number(b))[0];
  const [now, ...shocked] = outcomes;
  return {
    scaled,
    report,
    equity,
    jointShock: least ?? null,
    now: now as ModeOutcome,
    outcomes: shocked,
  };
}

/**
 * Compares the margin modes for one account. Changes nothing.
 *
 * @throws RiskError UNKNOWN_ACCOUNT; BAD_VALUE, OUT_OF_RANGE, UNKNOWN_SYMBOL for shocks; VALUE_OUT_OF_RANGE where a shock
 * takes a figure out of 63 bits
 * @example
 * import { RiskEngine } from "underkeel";
 * const tiers = [{ maintenanceMarginRate: "0.01", maxLeverage: "50" }];
 * const engine = RiskEngine.fromBook({
 *   assets: [{ code: "USDT" }],
 *   markets: ["BTC/USDT:USDT", "ETH/USDT:USDT"].map((symbol) => ({
 *     symbol, settle: "USDT", precision: { amount: "0.01" }, tiers,
 *   })),
 *   marks: { "BTC/USDT:USDT": "50000", "ETH/USDT:USDT": "2000" },
 *   accounts: [{
 *     id: "bob",
 *     balances: { USDT: "3500" },
 *     positions: [
 *       { symbol: "BTC/USDT:USDT", side: "long", contracts: "1", entryPrice: "50000", marginMode: "cross", leverage: "25" },
 *       { symbol: "ETH/USDT:USDT", side: "long", contracts: "1", entryPrice: "2000", marginMode: "cross", leverage: "2" },
 *     ],
 *   }],
 * });
 * const { allCross, allIsolated } = engine.compareModes("bob", { shocks: [{ "BTC/USDT:USDT": "-0.08" }] }).variants;
 * allCross.outcomes[0].left.USDT; // => "0"
 * allCross.outcomes[0].contagion; // => [{ symbol: "ETH/USDT:USDT", side: "long" }]
 * allIsolated.outcomes[0].left.USDT; // => "1500"
 */
export function compareModes(
  state: EngineState,
  account: string,
  options: CompareModesOptions,
  load: LoadBook,
): ModeComparison {
  requireObject(options, "options");
  refuseUnknownFields(options, ["shocks"], "options");
  const book = accountBook(state, account);
  const shocks = readShocks(state, book, options.shocks, "options.shocks");
  const isolated = reckon(state, load, allIsolatedBook(state, book), shocks);
  const cross = reckon(state, load, allCrossBook(state, book), shocks);
  const same = reckon(state, load, { book, scaled: false }, shocks);
  return {
    account,
    hedged: same.report.hedged,
    shocks,
    variants: {
      asIs: variantOf(same, isolated),
      allCross: variantOf(cross, isolated),
      allIsolated: variantOf(isolated, isolated),
    },
  };
}
