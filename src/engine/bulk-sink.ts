// The construct-time door for loaders: integers in, straight into the kernel, no command, no event and no
// roll-back per row. A loader that meets a problem throws the whole engine away, so a row that is refused
// half-way does no harm. Rows are checked like setPosition: unknown indices, ranges, duplicates, marks, figures.
import type { BookSink, SinkAsset, SinkMarket, SinkOrder, SinkSettings } from "../book/sink.ts";
import { RiskError } from "../errors.ts";
import { MAX_AMOUNT, MAX_SAFE_UNITS } from "../model.ts";
import type {
  AssetDefinition,
  MarginCallDefinition,
  MarginMode,
  MarketDefinition,
  PositionSide,
  StopDefinition,
} from "../types.ts";
import { AccountRun, SURE_AMOUNT } from "./account-run.ts";
import { crossTag, isolatedTag, NO_POOL } from "./accounts.ts";
import { costCeil, notionalFloor } from "./arithmetic.ts";
import type { Coin } from "./collaterals.ts";
import { addAsset } from "./commands/definitions.ts";
import { readMarginCalls } from "./commands/margin-calls.ts";
import { importOrder } from "./commands/orders.ts";
import { importStop } from "./commands/stops.ts";
import { openCrossPool } from "./commands/wallets.ts";
import type { RiskEngine } from "./engine.ts";
import { MarketColumns } from "./market-columns.ts";
import { MAX_LEVERAGE_MILLI } from "./markets.ts";
import {
  coinLegs,
  mirrorPledge,
  pledgedCoin,
  refuseIsolatedWithMultiAsset,
  refusePledgedSettle,
} from "./pledges.ts";
import { MAX_ACCOUNT_ID, refuse, requireText } from "./read.ts";
import type { EngineState } from "./state.ts";
import { checkAmount, transact } from "./transaction.ts";

const MILLI = 1000;

function inRange(units: number | bigint): boolean {
  if (typeof units === "number") return Number.isSafeInteger(units);
  return units <= MAX_AMOUNT && units >= -MAX_AMOUNT;
}

function isSure(units: number | bigint): boolean {
  return units < SURE_AMOUNT && units > -SURE_AMOUNT;
}

/** Fills a new engine; {@link BulkSink.engine} is the result. */
export class BulkSink implements BookSink {
  readonly engine: RiskEngine;
  readonly #state: EngineState;
  readonly #columns: MarketColumns = new MarketColumns();
  readonly #run: AccountRun;
  readonly #symbolOf = (slot: number): string => this.#state.marketOfSlot(slot).symbol;

  constructor(engine: RiskEngine, state: EngineState) {
    this.engine = engine;
    this.#state = state;
    this.#run = new AccountRun(state);
  }

  /** Index of the asset. */
  addAsset(definition: AssetDefinition): number {
    addAsset(this.#state, definition, "asset");
    return this.#state.assets.length - 1;
  }

  /** Index of the market. */
  addMarket(definition: MarketDefinition): number {
    this.#state.loader = undefined;
    return this.#state.addMarket(definition, "market").index;
  }

  setMark(market: number, priceUnits: number): void {
    this.#takeOver();
    const { kernel } = this.#state;
    const target = this.#state.marketAt(market);
    const { slot, maxPrice, symbol } = target;
    if (!(Number.isSafeInteger(priceUnits) && priceUnits >= 1 && priceUnits <= maxPrice)) {
      refuse(
        "OUT_OF_RANGE",
        `mark of ${symbol} must be 1 to ${maxPrice} units`,
        "mark",
        priceUnits,
      );
    }
    kernel.setMark(slot, priceUnits);
    this.#columns.setMark(target, priceUnits);
    if (kernel.legTotal > 0) this.#run.forgetBounds();
  }

  setFundingTime(market: number, time: number): void {
    this.#state.fundingTimes.set(this.#state.marketAt(market).index, time);
  }

  setTickTime(time: number): void {
    this.#state.ticks.time = time;
  }

  setInsuranceFund(asset: number, units: bigint): void {
    this.#state.insurance.setBalance(asset, units);
    this.#state.ledger.add(asset, "insurance", units);
  }

  setPartialLiquidation(account: string, time: number): void {
    this.#state.insurance.setPartial(account, time);
  }

  setIndexPrice(asset: number, priceUnits: number): void {
    const coin = this.#state.collaterals.of(asset);
    if (coin === undefined) {
      throw new RiskError("BAD_VALUE", "the asset has no collateral definition", { value: asset });
    }
    if (!(Number.isSafeInteger(priceUnits) && priceUnits >= 1 && priceUnits <= coin.maxPrice)) {
      const message = `must be 1 to ${coin.maxPrice} units`;
      refuse("OUT_OF_RANGE", message, "indexPrice", priceUnits);
    }
    this.#state.kernel.setMark(coin.slot, priceUnits);
    if (this.#state.collaterals.legs > 0) this.#run.forgetBounds();
  }

  asset(index: number): SinkAsset {
    const { code, decimals } = this.#state.assetAt(index);
    const indexPriceDecimals = this.#state.collaterals.of(index)?.priceDecimals;
    return { code, decimals, indexPriceDecimals };
  }

  market(index: number): SinkMarket {
    return this.#state.marketAt(index);
  }

  /** Index of the account. */
  openAccount(id: string, hedged: boolean, multiAsset = false): number {
    requireText(id, MAX_ACCOUNT_ID, "account");
    const { accounts } = this.#state;
    const account = accounts.open(id, hedged);
    if (account < 0) refuse("DUPLICATE_ACCOUNT", "the account exists already", "account", id);
    if (multiAsset) accounts.setMultiAsset(account, true);
    return account;
  }

  setBalance(account: number, asset: number, units: number | bigint): void {
    const state = this.#state;
    const { kernel, accounts } = state;
    this.#takeOver();
    if (accounts.id(account) === undefined) {
      refuse("UNKNOWN_ACCOUNT", "no account has this index", "account", account);
    }
    if (!inRange(units)) refuse("OUT_OF_RANGE", "does not fit an amount", "balance", units);
    const { index } = state.assetAt(asset);
    this.#run.leave(account);
    if (units > SURE_AMOUNT || units < -SURE_AMOUNT) this.#run.forgetBounds();
    const coin = pledgedCoin(state, account, index);
    if (coin !== undefined) {
      this.#setPledge(account, coin, BigInt(units));
      return;
    }
    const pool = state.crossPool(account, index);
    if (pool === NO_POOL) {
      state.createPool(account, crossTag(index), units);
      state.ledger.add(index, "imports", units);
      return;
    }
    const before = kernel.collateral(pool);
    kernel.setCollateral(pool, units);
    if (kernel.firstLeg(pool) >= 0 && !this.#hasFigures(pool)) {
      kernel.setCollateral(pool, before);
      this.#refuseFigures(account, "balance");
    }
    state.ledger.add(index, "imports", BigInt(units) - before);
  }

  /** A pledged coin's wallet and its legs. Coins are few: they go through a transaction and are judged exactly. */
  #setPledge(account: number, coin: Coin, balance: bigint): void {
    const state = this.#state;
    transact(state, (transaction) => {
      const wallet = openCrossPool(state, transaction, account, coin.asset);
      transaction.book(coin.asset, "imports", balance - state.kernel.collateral(wallet));
      transaction.setCollateral(wallet, balance, "balance");
      const pool = mirrorPledge(state, transaction, account, coin, balance, "balance");
      if (!this.#hasFigures(pool)) this.#refuseFigures(account, "balance");
      for (const leg of coinLegs(state, pool, coin)) {
        this.#run.note(legBound(Number(state.kernel.legFigures(leg).notional), 0, 0));
      }
    });
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
    this.#takeOver();
    const columns = this.#columns;
    const run = this.#run;
    run.enter(account);
    if (this.#state.accounts.multiAsset(account)) this.#checkPledger(account, market, isolated);
    const slot = columns.slot[market] ?? this.#state.marketAt(market).slot;
    checkRow(
      columns.maxPrice[market] as number,
      signedContracts,
      entryPriceUnits,
      leverageMilli,
      isolatedMarginUnits,
    );
    const short = signedContracts < 0;
    const cost =
      entryNotional === undefined
        ? this.#cost(market, signedContracts, entryPriceUnits)
        : this.#statedCost(market, short, entryNotional);
    const bound = legBound(
      signedContracts * (columns.unitNotional[market] as number),
      cost,
      leverageMilli,
    );
    // Also where there is no mark: the bound is NaN.
    if (!(bound < SURE_AMOUNT)) this.#requireMarkAndRoom(market, signedContracts);
    run.requireNoPosition(slot, short, this.#symbolOf);
    const table = columns.table[market] as number;
    const chosen = table < 0 ? this.#tableOf(market, signedContracts) : table;
    const { kernel, openInterest } = this.#state;
    let pool: number;
    let sure: boolean;
    if (isolated) {
      const tag = isolatedTag(market, short ? "short" : "long");
      pool = this.#state.createPool(account, tag, isolatedMarginUnits);
      run.note(bound);
      sure = bound < SURE_AMOUNT && isSure(isolatedMarginUnits);
    } else {
      const settle = columns.settle[market] as number;
      pool = run.crossPool(settle);
      if (pool === NO_POOL) pool = run.openCross(settle);
      sure = run.addCross(bound);
    }
    const leg = kernel.createLeg(pool, slot, chosen, signedContracts, cost, leverageMilli);
    if (!sure && !this.#hasFigures(pool)) {
      if (isolated) this.#state.removePool(account, pool);
      else kernel.removeLeg(leg);
      this.#refuseFigures(account, "contracts");
    }
    run.stamp(slot, short);
    const { ledger } = this.#state;
    const asset = columns.settle[market] as number;
    if (isolated) ledger.add(asset, "imports", isolatedMarginUnits);
    ledger.add(asset, "imports", -cost);
    openInterest.add(market, signedContracts, 1);
  }

  allowTopUp(account: number, market: number, side: PositionSide): void {
    const tag = isolatedTag(market, side);
    if (this.#state.findPool(account, tag) === NO_POOL) {
      refuse("MARGIN_MODE", "a cross position has no margin of its own", "autoTopUp", true);
    }
    this.#state.settings.setAutoTopUp(account, tag, true);
  }

  setAccountMode(account: number, mode: MarginMode): void {
    this.#state.settings.setAccountMode(account, mode);
  }

  setMarketSettings(account: number, market: number, chosen: SinkSettings): void {
    const { settings } = this.#state;
    const { index } = this.#state.marketAt(market);
    settings.setMode(account, index, chosen.mode);
    settings.setLeverage(account, index, "long", chosen.longMilli);
    settings.setLeverage(account, index, "short", chosen.shortMilli);
  }

  /** As it stands: whether the account can carry it is not asked. */
  addOrder(account: number, market: number, order: SinkOrder): void {
    const state = this.#state;
    if (state.accounts.id(account) === undefined) {
      refuse("UNKNOWN_ACCOUNT", "no account has this index", "account", account);
    }
    importOrder(state, account, state.marketAt(market), { ...order, market });
  }

  /** As it stands: whether it is passed already or would come too late is not asked. */
  addStop(account: number, stop: StopDefinition): void {
    const state = this.#state;
    if (state.accounts.id(account) === undefined) {
      refuse("UNKNOWN_ACCOUNT", "no account has this index", "account", account);
    }
    importStop(state, account, stop);
  }

  setMarginCalls(calls: MarginCallDefinition): void {
    this.#state.marginCalls = readMarginCalls(calls, "marginCalls");
  }

  /** Looks at the state anew where anyone else has changed it since this sink's last call. */
  #takeOver(): void {
    if (this.#state.loader === this) return;
    this.#columns.refresh(this.#state);
    this.#run.reset(this.#columns.slotLimit);
    this.#state.loader = this;
  }

  #checkPledger(account: number, market: number, isolated: boolean): void {
    refusePledgedSettle(this.#state, account, this.#state.marketAt(market), "symbol");
    if (isolated) refuseIsolatedWithMultiAsset(this.#state, account, "marginMode");
  }

  #tableOf(market: number, quantity: number): number {
    return this.#state.tableFor(this.#state.marketAt(market), quantity).handle;
  }

  #cost(market: number, quantity: number, price: number): number | bigint {
    const cost = this.#columns.costCeil(market, quantity, price);
    if (!Number.isNaN(cost)) return cost;
    const { terms } = this.#state.marketAt(market);
    return checkAmount(costCeil(terms, quantity, price), "entryNotional");
  }

  /** A long linear or short inverse position was paid for, the others were paid; rounding may leave 0. */
  #statedCost(market: number, short: boolean, cost: bigint): bigint {
    checkAmount(cost, "entryNotional");
    const { inverse } = this.#state.marketAt(market).terms;
    const negative = short !== inverse;
    if (negative ? cost > 0n : cost < 0n) {
      const kind = `${inverse ? "an inverse" : "a linear"} ${short ? "short" : "long"}`;
      const message = `must be ${negative ? "negative" : "positive"} for ${kind}`;
      refuse("BAD_VALUE", message, "entryNotional", cost);
    }
    return cost;
  }

  /** The notional at the mark must be an amount. */
  #requireMarkAndRoom(market: number, quantity: number): void {
    const { terms, slot, symbol } = this.#state.marketAt(market);
    const mark = this.#state.kernel.mark(slot);
    if (mark === 0) refuse("NO_MARK", "the market has no mark", "symbol", symbol);
    checkAmount(notionalFloor(terms, quantity, mark), "contracts");
  }

  #hasFigures(pool: number): boolean {
    try {
      this.#state.kernel.poolFigures(pool);
      return true;
    } catch (error) {
      if (error instanceof RiskError && error.code === "VALUE_OUT_OF_RANGE") return false;
      throw error;
    }
  }

  #refuseFigures(account: number, path: string): never {
    refuse(
      "VALUE_OUT_OF_RANGE",
      "figures of the account's scope do not fit 63 bits of quote units with it",
      path,
      this.#state.accounts.id(account),
    );
  }
}

/**
 * At least 4 × notional + |cost| + initial margin: no figure of a pool is larger than the sum of these over its legs
 * and its collateral. NaN where the notional is.
 */
function legBound(notional: number, cost: number | bigint, leverageMilli: number): number {
  const size = Math.abs(notional);
  const paid = Math.abs(typeof cost === "number" ? cost : Number(cost));
  const initial = leverageMilli > 0 && leverageMilli < MILLI ? (size * MILLI) / leverageMilli : 0;
  return 5 * size + paid + initial + 8;
}

function checkRow(
  maxPrice: number,
  quantity: number,
  price: number,
  leverageMilli: number,
  margin: number | bigint,
): void {
  if (!Number.isSafeInteger(quantity) || quantity === 0) {
    const message = `must be 1 to ${MAX_SAFE_UNITS} units in size`;
    refuse("OUT_OF_RANGE", message, "contracts", quantity);
  }
  if (!(Number.isSafeInteger(price) && price >= 1 && price <= maxPrice)) {
    refuse("OUT_OF_RANGE", `must be 1 to ${maxPrice} units`, "entryPrice", price);
  }
  if (
    !(leverageMilli >= 0 && leverageMilli <= MAX_LEVERAGE_MILLI && Number.isInteger(leverageMilli))
  ) {
    refuse("OUT_OF_RANGE", "must be 0 to 2^32 - 1 thousandths", "leverage", leverageMilli);
  }
  if (!inRange(margin)) {
    refuse("OUT_OF_RANGE", "does not fit an amount", "isolatedMargin", margin);
  }
}
