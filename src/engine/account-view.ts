// An account as its user sees it: balances, scopes and positions with ccxt's names and decimal strings. A
// view holds no figures; every call reads the state as it is then.
import { formatDecimal } from "../decimal.ts";
import type { PoolFigures } from "../model.ts";
import type {
  AccountReport,
  CollateralView,
  OrderDefinition,
  PositionSide,
  PositionView,
  ScopeView,
  StopView,
} from "../types.ts";
import { crossTag, isolatedTag, tagIndex, tagMode } from "./accounts.ts";
import { reservedMargin } from "./admission.ts";
import { ceilDivide } from "./arithmetic.ts";
import { orderDefinition } from "./commands/orders.ts";
import { entryPriceOf, SIDES } from "./commands/positions.ts";
import { findIsolated } from "./commands/target.ts";
import { type MarginLimits, marginLimits } from "./isolated-margin.ts";
import { availableText, withdrawableText } from "./limits.ts";
import { emptyRecord, orderedLegs, orderedPools } from "./order.ts";
import { collateralView, isPledgedWallet } from "./pledges.ts";
import { refuse, requireWord } from "./read.ts";
import { liquidationPair, ScopeHandle, scopeView, settleOf } from "./scope.ts";
import type { EngineMarket, EngineState } from "./state.ts";
import { stopViews } from "./stop-view.ts";

const LEVERAGE_DECIMALS = 3;
const EFFECTIVE_LEVERAGE_DECIMALS = 4;
/** 2^53 / 128. */
const HUNDREDTH_SAFE = 2 ** 46;
const EFFECTIVE_LEVERAGE_SCALE = 10n ** BigInt(EFFECTIVE_LEVERAGE_DECIMALS);

function effectiveLeverage(notional: number | bigint, equity: bigint): string | null {
  if (equity <= 0n) return null;
  const divisor = Number(equity);
  const dividend = Number(notional);
  // Two decimals at a time every product stays below 2^53; Math.floor of a rounded quotient below 2^46 is exact or one too large.
  if (divisor < HUNDREDTH_SAFE && dividend < HUNDREDTH_SAFE && dividend < divisor * 1e9) {
    let scaled = 0;
    let rest = dividend;
    for (const step of [1, 100, 100]) {
      rest *= step;
      let digits = Math.floor(rest / divisor);
      if (digits * divisor > rest) digits -= 1;
      rest -= digits * divisor;
      scaled = scaled * step + digits;
    }
    return formatDecimal(rest === 0 ? scaled : scaled + 1, EFFECTIVE_LEVERAGE_DECIMALS);
  }
  const scaled = ceilDivide(BigInt(notional) * EFFECTIVE_LEVERAGE_SCALE, equity);
  return formatDecimal(scaled, EFFECTIVE_LEVERAGE_DECIMALS);
}

function differenceOf(a: number | bigint, b: bigint): number | bigint {
  if (typeof a === "number" && b < HUNDREDTH_SAFE && b > -HUNDREDTH_SAFE) return a - Number(b);
  return BigInt(a) - b;
}

/** One position with all its figures; `figures` are its pool's. */
function positionView(
  state: EngineState,
  account: { readonly id: string; readonly hedged: boolean },
  pool: number,
  leg: number,
  figures: PoolFigures,
): PositionView {
  const { kernel } = state;
  const market = state.marketOfLeg(leg);
  const { priceDecimals, amountDecimals, settleDecimals, slot } = market;
  const quantity = kernel.quantity(leg);
  const own = kernel.legAmounts(leg);
  const leverageMilli = kernel.leverageMilli(leg);
  const isolated = tagMode(kernel.tag(pool)) === "isolated";
  const side = quantity > 0 ? "long" : "short";
  const bankruptcy = kernel.bankruptcyPrice(pool, slot, side === "long" ? "down" : "up");
  const amount = (units: number | bigint): string => formatDecimal(units, settleDecimals);
  return {
    account: account.id,
    symbol: market.symbol,
    side,
    marginMode: isolated ? "isolated" : "cross",
    hedged: account.hedged,
    contracts: formatDecimal(Math.abs(quantity), amountDecimals),
    contractSize: market.contractSize,
    entryPrice: formatDecimal(entryPriceOf(state, market, leg), priceDecimals),
    markPrice: formatDecimal(kernel.mark(slot), priceDecimals),
    notional: amount(own.notional),
    leverage: leverageMilli === 0 ? null : formatDecimal(leverageMilli, LEVERAGE_DECIMALS),
    effectiveLeverage: effectiveLeverage(own.notional, figures.equity),
    unrealizedPnl: amount(differenceOf(own.value, kernel.cost(leg))),
    isolatedMargin: isolated ? amount(kernel.collateral(pool)) : null,
    maintenanceMargin: amount(own.maintenanceMargin),
    maintenanceMarginRate: rateInUse(state, market, quantity, own.bracket),
    initialMargin: amount(own.initialMargin),
    tier: tierInUse(state, market, quantity, own.bracket),
    liquidationPrice: liquidationPair(state, pool, market),
    bankruptcyPrice: bankruptcy === null ? null : formatDecimal(bankruptcy, priceDecimals),
  };
}

function rateInUse(
  state: EngineState,
  market: EngineMarket,
  quantity: number,
  bracket: number,
): string {
  return state.tableFor(market, quantity).rateTexts[bracket] ?? "0";
}

/** From 1. Tiers by contract count are one table each, tiers by notional brackets of one table. */
function tierInUse(
  state: EngineState,
  market: EngineMarket,
  quantity: number,
  bracket: number,
): number {
  return market.tables.indexOf(state.tableFor(market, quantity)) + bracket + 1;
}

/** A light view of an account. It holds no figures and fails with UNKNOWN_ACCOUNT once the account is closed. */
export class AccountView {
  readonly id: string;
  readonly #state: EngineState;
  readonly #account: number;

  constructor(state: EngineState, account: number) {
    this.#state = state;
    this.#account = account;
    this.id = state.accounts.id(account) ?? "";
  }

  /** Long and short of one market may stand side by side. */
  get hedged(): boolean {
    return this.#state.accounts.hedged(this.#live());
  }

  /** Its coins with a collateral definition back the cross scopes of their settle assets. */
  get multiAsset(): boolean {
    return this.#state.accounts.multiAsset(this.#live());
  }

  /** Coins that the account pledges, by asset; none unless it has `multiAsset`. */
  collateral(): CollateralView[] {
    const state = this.#state;
    const account = this.#live();
    return orderedPools(state, account)
      .filter((pool) => isPledgedWallet(state, pool))
      .flatMap((pool) => collateralView(state, account, tagIndex(state.kernel.tag(pool))) ?? []);
  }

  /** Wallets outside isolated positions, by asset, pledged coins included; assets never held are absent. */
  balances(): Record<string, string> {
    const state = this.#state;
    const balances = emptyRecord<string>();
    for (const pool of orderedPools(state, this.#live())) {
      const tag = state.kernel.tag(pool);
      if (tagMode(tag) === "isolated") continue;
      const asset = state.assetAt(tagIndex(tag));
      balances[asset.code] = formatDecimal(state.kernel.collateral(pool), asset.decimals);
    }
    return balances;
  }

  /** Every scope of risk with its figures: cross pools by asset (pledged coins count in their settle asset's), then isolated positions. */
  scopes(): ScopeView[] {
    const state = this.#state;
    return orderedPools(state, this.#live())
      .filter((pool) => !isPledgedWallet(state, pool))
      .map((pool) => scopeView(state, pool, state.kernel.poolFigures(pool)));
  }

  /** Every position with its figures, in the order of its scope. */
  positions(): PositionView[] {
    const state = this.#state;
    const views: PositionView[] = [];
    for (const pool of orderedPools(state, this.#live())) {
      this.#addPositions(pool, state.kernel.poolFigures(pool), views);
    }
    return views;
  }

  /** What positions there are, without their figures. */
  holdings(): Pick<PositionView, "symbol" | "side" | "marginMode">[] {
    const state = this.#state;
    return orderedPools(state, this.#live()).flatMap((pool) =>
      orderedLegs(state, pool).map((leg) => ({
        symbol: state.marketOfLeg(leg).symbol,
        side: state.kernel.quantity(leg) > 0 ? ("long" as const) : ("short" as const),
        marginMode: tagMode(state.kernel.tag(pool)),
      })),
    );
  }

  /**
   * One position.
   *
   * @throws RiskError NO_POSITION; POSITION_MODE where a hedged account is asked without a side.
   */
  position(symbol: string, side?: PositionSide): PositionView {
    const state = this.#state;
    const account = this.#live();
    const hedged = state.accounts.hedged(account);
    if (hedged && side === undefined) {
      refuse("POSITION_MODE", "a hedged account's position needs a side", "side", side);
    }
    if (side !== undefined) requireWord(side, SIDES, "side");
    const market = state.market(symbol, "symbol");
    const found = state.findPosition(account, market, side);
    if (found === undefined) return refuse("NO_POSITION", "no such position", "symbol", symbol);
    const figures = state.kernel.poolFigures(found.pool);
    return positionView(state, { id: this.id, hedged }, found.pool, found.leg, figures);
  }

  /** Open orders in the order of placement. */
  orders(): OrderDefinition[] {
    const state = this.#state;
    return state.orders.rows(this.#live()).map((row) => orderDefinition(state, row));
  }

  /**
   * Stops in the order of placement: where each stands, its verdict at the marks as they are, and what its close would come to
   * (docs/stops.md). Changes nothing.
   *
   * @throws RiskError VALUE_OUT_OF_RANGE where a scope's figures do not fit 63 bits
   * @example
   * import { RiskEngine } from "underkeel";
   * const engine = RiskEngine.fromBook({
   *   assets: [{ code: "USDT" }],
   *   markets: [{ symbol: "X", settle: "USDT", precision: { amount: "1" }, tiers: [{ maintenanceMarginRate: "0.01" }] }],
   *   marks: { X: "110" },
   *   accounts: [{
   *     id: "bob",
   *     balances: { USDT: "50" },
   *     positions: [{ symbol: "X", side: "long", contracts: "1", entryPrice: "100", marginMode: "isolated", leverage: "10", isolatedMargin: "10" }],
   *     stops: [{ kind: "mark", symbol: "X", triggerPrice: "95" }, { kind: "mark", symbol: "X", triggerPrice: "90" }],
   *   }],
   * });
   * const [first, second] = engine.account("bob").stops();
   * [first.verdict, first.outcome.marginReturned]; // => ["armed", "5"]
   * [second.verdict, second.clampedPrice]; // => ["beyondLiquidation", "90.90909091"]
   */
  stops(): StopView[] {
    return stopViews(this.#state, this.#live());
  }

  /** What open orders reserve of an asset. */
  reserved(asset: string): string {
    const { index, decimals } = this.#state.asset(asset, "asset");
    return formatDecimal(reservedMargin(this.#state, this.#live(), index), decimals);
  }

  /** What may leave the wallet for an isolated position (addMargin); one unit more is refused. */
  available(asset: string): string {
    return availableText(this.#state, this.#live(), this.#state.asset(asset, "asset"));
  }

  /**
   * How much margin may enter and leave an isolated position: one unit more is refused.
   *
   * @throws RiskError NO_POSITION; MARGIN_MODE where it is cross; POSITION_MODE where a hedged account is asked without a side
   * @example
   * import { RiskEngine } from "underkeel";
   * const engine = RiskEngine.fromBook({
   *   assets: [{ code: "USDT" }],
   *   markets: [{ symbol: "X", settle: "USDT", precision: { amount: "1" }, tiers: [{ maintenanceMarginRate: "0.01" }] }],
   *   marks: { X: "110" },
   *   accounts: [{
   *     id: "bob",
   *     balances: { USDT: "50" },
   *     positions: [{ symbol: "X", side: "long", contracts: "1", entryPrice: "100", marginMode: "isolated", leverage: "10", isolatedMargin: "10" }],
   *   }],
   * });
   * engine.account("bob").marginLimits("X"); // => { addable: "50", removable: "9" }
   */
  marginLimits(symbol: string, side?: PositionSide): MarginLimits {
    this.#live();
    const named = { account: this.id, symbol, ...(side !== undefined && { side }) };
    return marginLimits(this.#state, findIsolated(this.#state, named, "account"));
  }

  /** What may be withdrawn by the profile's rule; one unit more is refused. */
  withdrawable(asset: string): string {
    return withdrawableText(this.#state, this.#live(), this.#state.asset(asset, "asset"));
  }

  /** Handle of the cross scope in an asset. */
  crossScope(settle: string): ScopeHandle {
    const asset = this.#state.asset(settle, "settle");
    return new ScopeHandle(this.#state, this.#live(), crossTag(asset.index));
  }

  /** Handle of an isolated position's scope. */
  isolatedScope(symbol: string, side: PositionSide): ScopeHandle {
    const market = this.#state.market(symbol, "symbol");
    requireWord(side, SIDES, "side");
    return new ScopeHandle(this.#state, this.#live(), isolatedTag(market.index, side));
  }

  /** Handle of the scope that carries a position. */
  scope(symbol: string, side: PositionSide): ScopeHandle {
    const market = this.#state.market(symbol, "symbol");
    requireWord(side, SIDES, "side");
    const found = this.#state.findPosition(this.#live(), market, side);
    if (found === undefined) return refuse("NO_POSITION", "no such position", "symbol", symbol);
    return found.isolated
      ? this.isolatedScope(symbol, side)
      : new ScopeHandle(this.#state, this.#account, crossTag(settleOf(this.#state, found.pool)));
  }

  /** Everything above at once. */
  report(): AccountReport {
    const state = this.#state;
    const { kernel } = state;
    const account = this.#live();
    const balances = emptyRecord<string>();
    const scopes: ScopeView[] = [];
    const positions: PositionView[] = [];
    for (const pool of orderedPools(state, account)) {
      if (isPledgedWallet(state, pool)) {
        const { code, decimals } = state.assetAt(tagIndex(kernel.tag(pool)));
        balances[code] = formatDecimal(kernel.collateral(pool), decimals);
        continue;
      }
      const figures = kernel.poolFigures(pool);
      const view = scopeView(state, pool, figures);
      if (view.scope === "cross") balances[view.settle] = view.collateral;
      scopes.push(view);
      this.#addPositions(pool, figures, positions);
    }
    return {
      account: this.id,
      hedged: state.accounts.hedged(account),
      balances,
      scopes,
      positions,
      stops: stopViews(state, account),
    };
  }

  #addPositions(pool: number, figures: PoolFigures, into: PositionView[]): void {
    const state = this.#state;
    const account = { id: this.id, hedged: state.accounts.hedged(this.#account) };
    for (const leg of orderedLegs(state, pool)) {
      into.push(positionView(state, account, pool, leg, figures));
    }
  }

  #live(): number {
    if (this.id !== "" && this.#state.accounts.id(this.#account) === this.id) return this.#account;
    return refuse("UNKNOWN_ACCOUNT", "the account was closed", "account", this.id);
  }
}
