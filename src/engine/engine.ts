// The engine as its user holds it: one door for changes (`apply`, with a typed method per command), views to look
// at accounts, and the scan. No rule lives here; commands/ has those, and the kernel has the arithmetic.
import { loadBookDocument } from "../book/load-document.ts";
import { formatDecimal } from "../decimal.ts";
import type { Kernel, KernelOptions } from "../kernel.ts";
import { joinParts } from "../snapshot/container.ts";
import type {
  AdlRanking,
  BookDocument,
  Command,
  CommandPreview,
  DecimalLike,
  EngineEvent,
  MarginModePreview,
  MaxLeverage,
  OrderPreview,
  OrderRequest,
  PositionSide,
  Profile,
  SetMarginModeCommand,
  StakeRequest,
  TickMark,
  TickOptions,
} from "../types.ts";
import { AccountView } from "./account-view.ts";
import { type AssetAudit, auditBook } from "./audit.ts";
import { BulkSink } from "./bulk-sink.ts";
import { CommandMethods } from "./command-methods.ts";
import { markText, readMarks } from "./commands/definitions.ts";
import { tickByIndex, tickBySymbol } from "./commands/tick.ts";
import { type CompareModesOptions, compareModes, type ModeComparison } from "./compare-modes.ts";
import { dispatch } from "./dispatch.ts";
import { type FillBatch, FillBatches, type FillBatchResult } from "./fill-batch.ts";
import { type AdlRank, deleverageRanking } from "./liquidation/ranking.ts";
import {
  type LiquidationMap,
  type LiquidationMapOptions,
  liquidationMap,
} from "./liquidation-map.ts";
import { maxLeverage } from "./max-leverage.ts";
import { indexPriceText } from "./pledges.ts";
import { previewCommand, previewOrder } from "./preview.ts";
import { previewMarginMode } from "./preview-mode.ts";
import type { ResolvedProfile } from "./profiles.ts";
import { requireObject } from "./read.ts";
import { type ScanResult, scanMarks, scanTrial, trialByIndex } from "./scan.ts";
import type { ScopeHandle } from "./scope.ts";
import { restoreState, snapshotParts } from "./snapshot.ts";
import { EngineState } from "./state.ts";
import { stateHash } from "./state-hash.ts";
import { type EngineStats, engineStats } from "./stats.ts";
import { type StressOptions, type StressOutcome, stress } from "./stress.ts";
import { type StressModes, stressModes } from "./stress-modes.ts";
import type { StressScenario } from "./stress-scenarios.ts";
import type { TickResult } from "./tick-result.ts";
import { toBook } from "./to-book.ts";

export type { EngineStats } from "./stats.ts";

/** How an engine is made. */
export interface EngineOptions {
  /** Rules of the venue; "default" if absent. */
  readonly profile?: Profile;
  /** Another build of the kernel or a smaller memory limit. */
  readonly kernel?: KernelOptions;
}

/**
 * An exact margin engine: accounts with cross and isolated positions, and who is liquidatable at the marks.
 *
 * Amounts, prices and sizes are decimal text (numbers that convert exactly and bigints in the smallest unit are
 * accepted too) and leave as decimal text. A refused command throws a RiskError and changes nothing.
 *
 * @example
 * import { RiskEngine } from "underkeel";
 * const engine = new RiskEngine();
 * engine.addAsset({ code: "USDT" });
 * engine.addMarket({
 *   symbol: "BTC/USDT:USDT",
 *   settle: "USDT",
 *   precision: { amount: "0.001", price: "0.1" },
 *   tiers: [
 *     { minNotional: "0", maxNotional: "300000", maintenanceMarginRate: "0.004", maxLeverage: "150" },
 *     { minNotional: "300000", maxNotional: null, maintenanceMarginRate: "0.005", maxLeverage: "100" },
 *   ],
 * });
 * engine.setMarks({ "BTC/USDT:USDT": "60000" });
 * engine.openAccount("alice");
 * engine.deposit("alice", "USDT", "1000");
 * engine.fill({ account: "alice", symbol: "BTC/USDT:USDT", side: "buy", amount: "0.1", price: "60000", leverage: "20" });
 * engine.account("alice").position("BTC/USDT:USDT").liquidationPrice.down; // => "50200.80321289"
 * engine.scan().count; // => 0
 * engine.setMarks({ "BTC/USDT:USDT": "50200" });
 * engine.scan().count; // => 1
 */
export class RiskEngine extends CommandMethods {
  readonly #state: EngineState;
  readonly #fills: FillBatches;

  /**
   * @param state of a snapshot; for this class alone
   * @throws RiskError UNKNOWN_PROFILE or BAD_VALUE for a profile that does not exist.
   */
  constructor(options: EngineOptions = {}, state?: EngineState) {
    super();
    this.#state = state ?? new EngineState(options.profile ?? "default", options.kernel);
    this.#fills = new FillBatches(this.#state);
  }

  /**
   * An engine filled from a book document: an object, or its JSON as text or bytes.
   *
   * @throws BookError (a RiskError of code BAD_BOOK) whose `problems` name every bad value and its place, e.g.
   * `accounts[3].positions[0].entryPrice`
   * @example
   * import { RiskEngine } from "underkeel";
   * const engine = RiskEngine.fromBook({
   *   assets: [{ code: "USDT" }],
   *   markets: [{
   *     symbol: "ETH/USDT:USDT", settle: "USDT", precision: { amount: "0.01" },
   *     tiers: [{ maintenanceMarginRate: "0.01" }],
   *   }],
   *   marks: { "ETH/USDT:USDT": "2000" },
   *   accounts: [{
   *     id: "bob",
   *     balances: { USDT: "500" },
   *     positions: [{ symbol: "ETH/USDT:USDT", side: "short", contracts: "3", entryPrice: "1900", marginMode: "isolated", leverage: "10", isolatedMargin: "570" }],
   *   }],
   * });
   * engine.account("bob").position("ETH/USDT:USDT").unrealizedPnl; // => "-300"
   * engine.isolatedScope("bob", "ETH/USDT:USDT", "short").figures().clearance; // => 21000000000n
   */
  static fromBook(
    document: BookDocument | string | Uint8Array,
    options: Omit<EngineOptions, "profile"> = {},
  ): RiskEngine {
    if (typeof document !== "string") requireObject(document, "book");
    const create = (profile: Profile): BulkSink =>
      new RiskEngine({ ...options, profile }).bulkSink();
    return loadBookDocument(document, create).engine;
  }

  /**
   * The engine that a snapshot was taken of, whole: what it held, its handles, what its ticks have told. Takes about twice as long as
   * copying the bytes (docs/benchmarks.md). Read only snapshots of your own: their checksums find damage, not malice.
   *
   * @throws TypeError for what is no Uint8Array; RiskError BAD_SNAPSHOT where it is damaged, cut short or of another version; CAPACITY at the kernel's memory limit
   */
  static fromSnapshot(file: Uint8Array, options: Omit<EngineOptions, "profile"> = {}): RiskEngine {
    return new RiskEngine(options, restoreState(file, options.kernel));
  }

  /**
   * The one door through which state changes.
   *
   * @throws RiskError naming the field, its value and what was expected; nothing has changed then.
   */
  override apply(command: Command): EngineEvent[] {
    requireObject(command, "command");
    return dispatch(this.#changing(), command);
  }

  /**
   * Many fills in one call, each with the meaning of one `fill`, in order: one that is refused changes nothing and stops nothing. Counts
   * as one command for scans and views.
   *
   * @throws TypeError and RangeError for columns of another kind or length
   */
  applyFills(batch: FillBatch): FillBatchResult {
    this.#changing();
    return this.#fills.apply(batch);
  }

  /**
   * New marks, all at once: funding if any is given, then the stops that the prices pass on the way and what they close, then who has
   * become liquidatable, who has recovered and whose margin ratio reached a level. Scopes that are liquidatable stay in the book. All of it
   * or, where anything is refused, nothing. Counts as one command.
   *
   * The first tick of an engine begins to watch every scope: for a million accounts it takes a second or two, and it tells of
   * every scope that is liquidatable by then.
   *
   * @throws RiskError STALE_MARK, UNKNOWN_SYMBOL, OUT_OF_RANGE, BAD_VALUE, TOO_MANY_DECIMALS; for funding what settleFunding throws
   * @example
   * import { RiskEngine } from "underkeel";
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
   * engine.tick({ "ETH/USDT:USDT": "1800" }).liquidatable; // => 0
   * const result = engine.tick({ "ETH/USDT:USDT": { price: "1700", time: 1_700_000_000_000 } }, { time: 1_700_000_000_500 });
   * result.liquidatable; // => 1
   * [...result.events()].map(({ type }) => type); // => ["liquidatable"]
   */
  tick(marks: Readonly<Record<string, TickMark>>, options?: TickOptions): TickResult {
    return tickBySymbol(this.#changing(), marks, options);
  }

  /**
   * {@link tick} for feeds: markets by {@link marketIndex} and prices in price units (10^-priceDecimals), `count` of them.
   *
   * @throws RiskError as tick; BAD_VALUE for a market named twice
   */
  tickMarks(
    markets: ArrayLike<number>,
    prices: ArrayLike<number>,
    count: number,
    options?: TickOptions,
  ): TickResult {
    return tickByIndex(this.#changing(), markets, prices, count, options);
  }

  /** What caches of the state go by: loaders and views of before are stale. */
  #changing(): EngineState {
    this.#state.loader = undefined;
    this.#state.commands++;
    return this.#state;
  }

  /** Handle of an account, for batches: its own until it is closed, then free for another. Throws UNKNOWN_ACCOUNT. */
  accountHandle(id: string): number {
    return this.#state.account(id, "account");
  }

  /** Index of a market, for batches: its own for good. Throws UNKNOWN_SYMBOL. */
  marketIndex(symbol: string): number {
    return this.#state.market(symbol, "symbol").index;
  }

  /** The kernel's price slot of a market, for looking at legs: its own for good. Throws UNKNOWN_SYMBOL. */
  priceSlot(symbol: string): number {
    return this.#state.market(symbol, "symbol").slot;
  }

  /** Ids of all accounts, in the order in which they were opened. */
  *accountIds(): Generator<string, void, undefined> {
    for (const [id] of this.#state.accounts.entries()) yield id;
  }

  hasAccount(id: string): boolean {
    return this.#state.accounts.find(id) !== undefined;
  }

  /** A light view of an account. Throws RiskError UNKNOWN_ACCOUNT. */
  account(id: string): AccountView {
    return new AccountView(this.#state, this.#state.account(id, "account"));
  }

  /** Handle of an account's cross scope: figures as bigints. Throws UNKNOWN_ACCOUNT, UNKNOWN_ASSET; NO_POSITION where it never held anything. */
  crossScope(account: string, settle: string): ScopeHandle {
    return this.account(account).crossScope(settle);
  }

  /** Handle of an isolated position's scope. Throws UNKNOWN_ACCOUNT, UNKNOWN_SYMBOL, NO_POSITION. */
  isolatedScope(account: string, symbol: string, side: PositionSide): ScopeHandle {
    return this.account(account).isolatedScope(symbol, side);
  }

  /** Mark of a market as decimal text, or null where none was set. */
  mark(symbol: string): string | null {
    return markText(this.#state, this.#state.market(symbol, "symbol"));
  }

  /** Balance of an asset's insurance fund as decimal text. Throws UNKNOWN_ASSET. */
  insuranceFund(asset: string): string {
    const { index, decimals } = this.#state.asset(asset, "asset");
    return formatDecimal(this.#state.insurance.balance(index), decimals);
  }

  /**
   * Positions on a side of a market in the order in which they would be deleveraged, by the profile's ranking unless said otherwise.
   * One pass over the book. Throws UNKNOWN_SYMBOL; BAD_VALUE for an unknown side or ranking.
   */
  deleverageRanking(symbol: string, side: PositionSide, ranking?: AdlRanking): AdlRank[] {
    return deleverageRanking(this.#state, symbol, side, ranking);
  }

  /** Index price of a collateral coin as decimal text, or null where none was set or the asset is no coin. */
  indexPrice(asset: string): string | null {
    const coin = this.#state.collaterals.of(this.#state.asset(asset, "asset").index);
    return coin === undefined ? null : indexPriceText(this.#state, coin);
  }

  /**
   * What an order would come to, filled whole at its price (default the mark) with the taker's fee unless said otherwise: accepted or
   * the rule that refuses it, its cost, the account before and after, the largest size. Changes nothing.
   *
   * @throws RiskError for terms that cannot be read
   */
  preview(order: OrderRequest): OrderPreview {
    return previewOrder(this.#state, order);
  }

  /** What a command on an account would come to. Changes nothing. */
  previewCommand(command: Command): CommandPreview {
    return previewCommand(this.#state, command);
  }

  /** What a switch of margin mode would come to: transfer, partial close, scopes and liquidation prices before and after. */
  previewMarginMode(change: Omit<SetMarginModeCommand, "type">): MarginModePreview {
    return previewMarginMode(this.#state, { ...change, type: "setMarginMode" });
  }

  /** How far a stake can be levered under a market's brackets. */
  maxLeverage(symbol: string, request: StakeRequest): MaxLeverage {
    return maxLeverage(this.#state, symbol, request);
  }

  /** Everything as one file for {@link fromSnapshot}, about as large as the memory in use. Changes nothing. */
  snapshot(): Uint8Array {
    return joinParts(snapshotParts(this.#state));
  }

  /** The same in parts, to be written one after the other. */
  snapshotParts(): Uint8Array[] {
    return snapshotParts(this.#state);
  }

  /** Every scope that is liquidatable at the marks. */
  scan(): ScanResult {
    return scanMarks(this.#state);
  }

  /** Every scope that would be liquidatable at other prices; markets not named keep their marks. Changes nothing. */
  scanAt(marks: Readonly<Record<string, DecimalLike>>): ScanResult {
    return scanTrial(this.#state, readMarks(this.#state, marks, "marks"));
  }

  /** {@link scanAt} for feeds: arrays as {@link tickMarks} takes them. `deepest` (at most 32) are told at once by {@link ScanResult.deepest}. */
  scanAtMarks(
    markets: ArrayLike<number>,
    prices: ArrayLike<number>,
    count: number,
    deepest = 0,
  ): ScanResult {
    const trial = trialByIndex(this.#state, markets, prices, count);
    return scanTrial(this.#state, trial, deepest);
  }

  /**
   * How much becomes liquidatable at each of many prices of a market, outward from its mark, with the other markets still or moving by
   * beta: counted scope by scope at the first level at which it is liquidatable (liquidation-map.ts has an example). Changes nothing.
   *
   * @throws RiskError UNKNOWN_SYMBOL, NO_MARK; OUT_OF_RANGE, BAD_VALUE for levels, range or beta; VALUE_OUT_OF_RANGE naming the scope
   */
  liquidationMap(options: LiquidationMapOptions): LiquidationMap {
    return liquidationMap(this.#state, options);
  }

  /**
   * The account's positions three ways: as they are, all cross, all isolated, and what shocks leave of each.
   *
   * @throws RiskError UNKNOWN_ACCOUNT; BAD_VALUE, OUT_OF_RANGE, UNKNOWN_SYMBOL for shocks
   */
  compareModes(account: string, options: CompareModesOptions = {}): ModeComparison {
    return compareModes(this.#state, account, options, (book) => RiskEngine.fromBook(book));
  }

  /**
   * What each of many scenarios would liquidate, exactly, however far prices go (stress.ts has an example). Changes nothing.
   *
   * @throws RiskError naming the scenario's field; VALUE_OUT_OF_RANGE, CAPACITY
   */
  stress(scenarios: readonly StressScenario[], options: StressOptions = {}): StressOutcome[] {
    return stress(this.#state, scenarios, options);
  }

  /** The whole book three ways, converted as {@link compareModes} does, under the same scenarios. Throws as {@link stress}. Changes nothing. */
  stressModes(scenarios: readonly StressScenario[]): StressModes {
    return stressModes(this.#state, scenarios, (book) => RiskEngine.fromBook(book).#state);
  }

  /** The whole state as a book document; `fromBook(toBook())` has the same state hash. */
  toBook(): BookDocument {
    return toBook(this.#state);
  }

  /** Sixteen hexadecimal digits that two engines share when they hold the same. */
  stateHash(): string {
    return stateHash(this.#state);
  }

  /** Conservation by asset: what accounts hold beside what has entered and left. One pass over the book. */
  audit(): Readonly<Record<string, AssetAudit>> {
    return auditBook(this.#state);
  }

  stats(): EngineStats {
    return engineStats(this.#state);
  }

  /** The rules in force. */
  get rules(): ResolvedProfile {
    return this.#state.rules;
  }

  /** The profile as it was given. */
  get profile(): Profile {
    return this.#state.profile;
  }

  /** The kernel, for looking (poolState, poolFigures, ...); changing it behind the engine's back breaks the engine. */
  get kernel(): Kernel {
    return this.#state.kernel;
  }

  /** The door for loaders into an engine that holds no accounts yet: integers in, no events. */
  bulkSink(): BulkSink {
    return new BulkSink(this, this.#state);
  }
}
