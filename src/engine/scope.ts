// A scope of risk (an account's cross pool in one asset, or one isolated position) as a short-lived handle, and
// its figures as bigints: the fast path for programs that ask often. Text is made only by `view()`.
import { formatDecimal } from "../decimal.ts";
import { RiskError } from "../errors.ts";
import type { PoolFigures } from "../model.ts";
import type { ScopeView } from "../types.ts";
import { NO_POOL, tagIndex, tagMode, tagSide } from "./accounts.ts";
import { isPledgedWallet } from "./pledges.ts";
import { refuse } from "./read.ts";
import type { EngineMarket, EngineState } from "./state.ts";

const RATIO_DECIMALS = 8;
const RATIO_SCALE = 10n ** BigInt(RATIO_DECIMALS);
const SHOCK_DECIMALS = 6;

/** A scope's figures in quote units of its settle asset. */
export interface ScopeFigures extends PoolFigures {
  /** Wallet of a cross pool, or isolated margin. */
  readonly collateral: bigint;
  /** maintenanceMargin + closeFee. */
  readonly requirement: bigint;
  /** requirement / equity in units of 1e-8, rounded up; null where equity <= 0. */
  readonly marginRatioE8: bigint | null;
}

/** requirement / equity in units of 1e-8, rounded up; null where equity <= 0. */
export function marginRatioE8(requirement: bigint, equity: bigint): bigint | null {
  if (equity <= 0n) return null;
  return (requirement * RATIO_SCALE + equity - 1n) / equity;
}

/** Price on both sides of the mark, as decimal text; null: none. */
export interface PricePair {
  readonly down: string | null;
  readonly up: string | null;
}

function priceText(units: number | null, market: EngineMarket): string | null {
  return units === null ? null : formatDecimal(units, market.priceDecimals);
}

/** Liquidation prices of a market for a pool, everything else held still. */
export function liquidationPair(
  state: EngineState,
  pool: number,
  market: EngineMarket,
): { readonly down: string | null; readonly up: string | null } {
  const { kernel } = state;
  return {
    down: priceText(kernel.liquidationPrice(pool, market.slot, "down"), market),
    up: priceText(kernel.liquidationPrice(pool, market.slot, "up"), market),
  };
}

/** What identifies a pool to its user. */
export type ScopeIdentity = Pick<ScopeView, "account" | "scope" | "settle" | "symbol" | "side">;

/** Account, kind, asset and position of a pool. */
export function identifyPool(state: EngineState, pool: number): ScopeIdentity {
  const { kernel } = state;
  const tag = kernel.tag(pool);
  const account = state.accounts.id(kernel.owner(pool)) ?? "";
  if (tagMode(tag) === "cross") {
    const settle = state.assetAt(tagIndex(tag)).code;
    return { account, scope: "cross", settle, symbol: null, side: null };
  }
  const market = state.marketAt(tagIndex(tag));
  const settle = state.assetAt(market.settle).code;
  return { account, scope: "isolated", settle, symbol: market.symbol, side: tagSide(tag) };
}

/** Index of a pool's settle asset. */
export function settleOf(state: EngineState, pool: number): number {
  const tag = state.kernel.tag(pool);
  const index = tagIndex(tag);
  return tagMode(tag) === "cross" ? index : state.marketAt(index).settle;
}

/** A scope with all its figures as text. */
export function scopeView(state: EngineState, pool: number, figures: PoolFigures): ScopeView {
  const { kernel } = state;
  const { decimals } = state.assetAt(settleOf(state, pool));
  const { equity, maintenanceMargin, initialMargin, closeFee, clearance, liquidatable } = figures;
  const ratio = marginRatioE8(maintenanceMargin + closeFee, equity);
  const shock = kernel.jointShock(pool);
  const { account, scope, settle, symbol, side } = identifyPool(state, pool);
  return {
    account,
    scope,
    settle,
    symbol,
    side,
    collateral: formatDecimal(kernel.collateral(pool), decimals),
    equity: formatDecimal(equity, decimals),
    maintenanceMargin: formatDecimal(maintenanceMargin, decimals),
    initialMargin: formatDecimal(initialMargin, decimals),
    closeFee: formatDecimal(closeFee, decimals),
    clearance: formatDecimal(clearance, decimals),
    marginRatio: ratio === null ? null : formatDecimal(ratio, RATIO_DECIMALS),
    liquidatable,
    jointShock: shock === null ? null : formatDecimal(shock, SHOCK_DECIMALS),
  };
}

/** A handle on one scope. It outlives changes of the scope, not its end: then RiskError UNKNOWN_ACCOUNT or NO_POSITION. */
export class ScopeHandle {
  readonly #state: EngineState;
  readonly #id: string;
  readonly #account: number;
  readonly #tag: number;
  #pool: number;
  #epoch: number;

  constructor(state: EngineState, account: number, tag: number) {
    this.#state = state;
    this.#id = state.accounts.id(account) ?? "";
    this.#account = account;
    this.#tag = tag;
    this.#pool = NO_POOL;
    this.#epoch = -1;
    this.#live();
  }

  /** Handle of the pool in the kernel, valid until the next command. */
  get pool(): number {
    return this.#live();
  }

  /** Decimals of the scope's amounts. */
  get decimals(): number {
    return this.#state.assetAt(settleOf(this.#state, this.#live())).decimals;
  }

  /** All figures as bigints in quote units. */
  figures(): ScopeFigures {
    const pool = this.#live();
    const { kernel } = this.#state;
    const figures = kernel.poolFigures(pool);
    const { equity, maintenanceMargin, closeFee } = figures;
    const requirement = maintenanceMargin + closeFee;
    return {
      equity,
      maintenanceMargin,
      initialMargin: figures.initialMargin,
      closeFee,
      clearance: figures.clearance,
      liquidatable: figures.liquidatable,
      collateral: kernel.collateral(pool),
      requirement,
      marginRatioE8: marginRatioE8(requirement, equity),
    };
  }

  /**
   * The prices of a market at which this scope becomes liquidatable, all other prices held still.
   *
   * @throws RiskError UNKNOWN_SYMBOL, NO_MARK
   */
  liquidationPrice(symbol: string): PricePair {
    const pool = this.#live();
    const market = this.#state.markedMarket(symbol, "symbol");
    return liquidationPair(this.#state, pool, market);
  }

  /** All figures as text. */
  view(): ScopeView {
    const pool = this.#live();
    return scopeView(this.#state, pool, this.#state.kernel.poolFigures(pool));
  }

  #live(): number {
    const state = this.#state;
    if (this.#epoch === state.epoch) return this.#pool;
    if (state.accounts.id(this.#account) !== this.#id || this.#id === "") {
      refuse("UNKNOWN_ACCOUNT", "the account was closed", "account", this.#id);
    }
    const pool = state.findPool(this.#account, this.#tag);
    if (pool !== NO_POOL && isPledgedWallet(state, pool)) {
      const { code } = state.assetAt(tagIndex(this.#tag));
      const value = `${this.#id} ${code}`;
      refuse(
        "NO_POSITION",
        "the coin is pledged: its settle asset's cross scope counts it",
        "scope",
        value,
      );
    }
    if (pool === NO_POOL) {
      throw new RiskError("NO_POSITION", "there is no such scope of risk", {
        path: "scope",
        value: `${this.#id} ${tagMode(this.#tag)}`,
        hint: "a cross scope begins with a balance or position in its asset, an isolated one with its position",
      });
    }
    this.#pool = pool;
    this.#epoch = state.epoch;
    return pool;
  }
}
