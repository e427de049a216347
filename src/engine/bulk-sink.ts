// The construct-time door for loaders: integers in, straight into the kernel, no command, no event and no
// roll-back per row. A loader that meets a problem throws the whole engine away, so a row that is refused
// half-way does no harm. Rows are checked like setPosition: unknown indices, ranges, duplicates, marks.
import type { BookSink, SinkAsset, SinkMarket } from "../book/sink.ts";
import { MAX_AMOUNT, MAX_SAFE_UNITS } from "../model.ts";
import type { AssetDefinition, MarketDefinition } from "../types.ts";
import { crossTag, isolatedTag, NO_POOL, tagMode } from "./accounts.ts";
import { costCeilFast, notionalFloor } from "./arithmetic.ts";
import { addAsset } from "./commands/definitions.ts";
import type { RiskEngine } from "./engine.ts";
import { MAX_LEVERAGE_MILLI } from "./markets.ts";
import { MAX_ACCOUNT_ID, refuse, requireText } from "./read.ts";
import type { EngineMarket, EngineState } from "./state.ts";
import { checkAmount } from "./transaction.ts";

/** 2^63 less a margin wider than the rounding of a product of three numbers. */
const SURELY_BELOW_MAX_AMOUNT = 9.2e18;

function inRange(units: number | bigint): boolean {
  if (typeof units === "number") return Number.isSafeInteger(units);
  return units <= MAX_AMOUNT && units >= -MAX_AMOUNT;
}

/** Fills a new engine; {@link BulkSink.engine} is the result. */
export class BulkSink implements BookSink {
  readonly engine: RiskEngine;
  readonly #state: EngineState;

  constructor(engine: RiskEngine, state: EngineState) {
    this.engine = engine;
    this.#state = state;
  }

  /** Index of the asset. */
  addAsset(definition: AssetDefinition): number {
    addAsset(this.#state, definition, "asset");
    return this.#state.assets.length - 1;
  }

  /** Index of the market. */
  addMarket(definition: MarketDefinition): number {
    return this.#state.addMarket(definition, "market").index;
  }

  setMark(market: number, priceUnits: number): void {
    const { slot, maxPrice, symbol } = this.#state.marketAt(market);
    if (!(Number.isSafeInteger(priceUnits) && priceUnits >= 1 && priceUnits <= maxPrice)) {
      refuse(
        "OUT_OF_RANGE",
        `mark of ${symbol} must be 1 to ${maxPrice} units`,
        "mark",
        priceUnits,
      );
    }
    this.#state.kernel.setMark(slot, priceUnits);
  }

  asset(index: number): SinkAsset {
    return this.#state.assetAt(index);
  }

  market(index: number): SinkMarket {
    return this.#state.marketAt(index);
  }

  /** Index of the account. */
  openAccount(id: string, hedged: boolean): number {
    requireText(id, MAX_ACCOUNT_ID, "account");
    const account = this.#state.accounts.open(id, hedged);
    if (account < 0) refuse("DUPLICATE_ACCOUNT", "the account exists already", "account", id);
    return account;
  }

  setBalance(account: number, asset: number, units: number | bigint): void {
    const state = this.#state;
    this.#requireAccount(account);
    if (!inRange(units)) refuse("OUT_OF_RANGE", "does not fit an amount", "balance", units);
    const { index } = state.assetAt(asset);
    const pool = state.crossPool(account, index);
    if (pool === NO_POOL) state.createPool(account, crossTag(index), units);
    else state.kernel.setCollateral(pool, units);
  }

  /**
   * `signedContracts` in amount units, `leverageMilli` 0 for none; `entryNotional` (signed, quote units) replaces
   * what contracts and entry price give.
   */
  addPosition(
    account: number,
    market: number,
    signedContracts: number,
    entryPriceUnits: number,
    isolated: boolean,
    leverageMilli: number,
    isolatedMarginUnits: number | bigint,
    entryNotional?: bigint,
  ): void {
    const state = this.#state;
    const { kernel } = state;
    this.#requireAccount(account);
    const target = state.marketAt(market);
    const short = signedContracts < 0;
    checkRow(target, signedContracts, entryPriceUnits, leverageMilli, isolatedMarginUnits);
    this.#requireMarkAndRoom(target, signedContracts);
    const { terms, numerator, divisor, slot } = target;
    const cost =
      entryNotional ?? costCeilFast(terms, numerator, divisor, signedContracts, entryPriceUnits);
    if (typeof cost === "bigint") checkAmount(cost, "entryNotional");
    const cross = this.#requireNoPosition(account, target, short);
    let pool = cross;
    if (isolated) {
      const tag = isolatedTag(market, short ? "short" : "long");
      pool = state.createPool(account, tag, isolatedMarginUnits);
    } else if (cross === NO_POOL) {
      pool = state.createPool(account, crossTag(target.settle), 0);
    }
    const table = state.tableFor(target, signedContracts).handle;
    kernel.createLeg(pool, slot, table, signedContracts, cost, leverageMilli);
    state.openInterest.add(market, signedContracts, 1);
  }

  #requireAccount(account: number): void {
    if (this.#state.accounts.id(account) === undefined) {
      refuse("UNKNOWN_ACCOUNT", "no account has this index", "account", account);
    }
  }

  /** The notional at the mark must be an amount. */
  #requireMarkAndRoom(market: EngineMarket, quantity: number): void {
    const { terms, numerator, divisor, slot, symbol } = market;
    const mark = this.#state.kernel.mark(slot);
    if (mark === 0) refuse("NO_MARK", "the market has no mark", "symbol", symbol);
    const size = Math.abs(quantity);
    const near = terms.inverse
      ? (size * numerator) / (mark * divisor)
      : (size * mark * numerator) / divisor;
    // Also false for NaN and infinity, where the terms do not fit numbers.
    if (numerator > 0 && divisor > 0 && near < SURELY_BELOW_MAX_AMOUNT) return;
    checkAmount(notionalFloor(terms, quantity, mark), "contracts");
  }

  /** Refuses a second position in the market (hedged: on the same side); returns the cross pool or NO_POOL. */
  #requireNoPosition(account: number, market: EngineMarket, short: boolean): number {
    const state = this.#state;
    const { kernel, accounts } = state;
    const wallet = crossTag(market.settle);
    let cross = NO_POOL;
    let hedged: boolean | undefined;
    for (
      let pool = accounts.firstPool(account);
      pool !== NO_POOL;
      pool = kernel.nextOfOwner(pool)
    ) {
      const tag = kernel.tag(pool);
      if (tag === wallet) cross = pool;
      else if (tagMode(tag) === "cross") continue;
      for (let leg = kernel.firstLeg(pool); leg >= 0; leg = kernel.nextLeg(leg)) {
        if (kernel.legPrice(leg) !== market.slot) continue;
        hedged ??= accounts.hedged(account);
        if (hedged && kernel.quantity(leg) < 0 !== short) continue;
        const side = hedged ? `${short ? "short" : "long"} position` : "position";
        const message = `the account has a ${side} in this market already`;
        refuse("DUPLICATE_POSITION", message, "symbol", market.symbol);
      }
    }
    return cross;
  }
}

function checkRow(
  market: EngineMarket,
  quantity: number,
  price: number,
  leverageMilli: number,
  margin: number | bigint,
): void {
  if (!Number.isSafeInteger(quantity) || quantity === 0) {
    const message = `must be 1 to ${MAX_SAFE_UNITS} units in size`;
    refuse("OUT_OF_RANGE", message, "contracts", quantity);
  }
  if (!(Number.isSafeInteger(price) && price >= 1 && price <= market.maxPrice)) {
    refuse("OUT_OF_RANGE", `must be 1 to ${market.maxPrice} units`, "entryPrice", price);
  }
  if (
    !(leverageMilli >= 0 && leverageMilli <= MAX_LEVERAGE_MILLI && Number.isInteger(leverageMilli))
  ) {
    refuse("OUT_OF_RANGE", "must be 0 to 2^32 - 1 thousandths", "leverage", leverageMilli);
  }
  if (!inRange(margin) || margin < 0) {
    refuse("OUT_OF_RANGE", "must be an amount of 0 or more", "isolatedMargin", margin);
  }
}
