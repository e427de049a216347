// The engine as its user holds it: one door for changes (`apply`, with a typed method per command), views to look
// at accounts, and the scan. No rule lives here; commands/ has those, and the kernel has the arithmetic.
import { loadBookDocument } from "../book/load-document.ts";
import { formatDecimal } from "../decimal.ts";
import type { Kernel, KernelOptions } from "../kernel.ts";
import type {
  AssetDefinition,
  BookDocument,
  Command,
  DecimalLike,
  EngineEvent,
  FillCommand,
  MarketDefinition,
  PositionDefinition,
  PositionSide,
  Profile,
} from "../types.ts";
import { AccountView } from "./account-view.ts";
import { floorDivide } from "./arithmetic.ts";
import { BulkSink } from "./bulk-sink.ts";
import { addAsset, addMarket, markText, readMarks, setMarks } from "./commands/definitions.ts";
import { fill } from "./commands/fills.ts";
import { setPosition } from "./commands/positions.ts";
import { closeAccount, deposit, openAccount, setBalance, withdraw } from "./commands/wallets.ts";
import { emptyRecord } from "./order.ts";
import type { ResolvedProfile } from "./profiles.ts";
import { refuse, requireObject } from "./read.ts";
import { type ScanResult, scanMarks, scanTrial } from "./scan.ts";
import type { ScopeHandle } from "./scope.ts";
import { EngineState } from "./state.ts";
import { stateHash } from "./state-hash.ts";
import { toBook } from "./to-book.ts";

/** How an engine is made. */
export interface EngineOptions {
  /** Rules of the venue; "default" if absent. */
  readonly profile?: Profile;
  /** Another build of the kernel or a smaller memory limit. */
  readonly kernel?: KernelOptions;
}

/** What an engine holds. */
export interface EngineStats {
  readonly accounts: number;
  readonly positions: number;
  /** Scopes of risk, empty wallets included. */
  readonly pools: number;
  readonly assets: number;
  readonly markets: number;
  /** Linear memory of the kernel and columns of the account index; ids not counted. */
  readonly memoryBytes: number;
  /** Notional of all positions at the marks by settle asset, rounded down per market. */
  readonly notional: Readonly<Record<string, string>>;
}

function dispatch(state: EngineState, command: Command): EngineEvent[] {
  const path = command.type;
  switch (command.type) {
    case "addAsset":
      return addAsset(state, command.asset, `${path}.asset`);
    case "addMarket":
      return addMarket(state, command.market, `${path}.market`);
    case "setMarks":
      return setMarks(state, command.marks, `${path}.marks`);
    case "openAccount":
      return openAccount(state, command, path);
    case "closeAccount":
      return closeAccount(state, command, path);
    case "deposit":
      return deposit(state, command, path);
    case "withdraw":
      return withdraw(state, command, path);
    case "setBalance":
      return setBalance(state, command, path);
    case "setPosition":
      return setPosition(state, command, path);
    case "fill":
      return fill(state, command, path);
    default:
      return refuse("UNKNOWN_COMMAND", "unknown type of command", "command.type", path);
  }
}

function notionalAtMarks(state: EngineState): Record<string, string> {
  const sums = state.assets.map(() => 0n);
  for (const { index, slot, settle, terms } of state.markets) {
    const mark = BigInt(state.kernel.mark(slot));
    const size = state.openInterest.size(index, "long") + state.openInterest.size(index, "short");
    if (mark === 0n || size === 0n) continue;
    const notional = terms.inverse
      ? floorDivide(size * terms.numerator, mark * terms.divisor)
      : floorDivide(size * mark * terms.numerator, terms.divisor);
    sums[settle] = (sums[settle] ?? 0n) + notional;
  }
  const notional = emptyRecord<string>();
  for (const { index, code, decimals } of state.assets) {
    const sum = sums[index] ?? 0n;
    if (sum !== 0n) notional[code] = formatDecimal(sum, decimals);
  }
  return notional;
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
export class RiskEngine {
  readonly #state: EngineState;

  /**
   * @throws RiskError UNKNOWN_PROFILE or BAD_VALUE for a profile that does not exist.
   */
  constructor(options: EngineOptions = {}) {
    this.#state = new EngineState(options.profile ?? "default", options.kernel);
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
   * The one door through which state changes.
   *
   * @throws RiskError naming the field, its value and what was expected; nothing has changed then.
   */
  apply(command: Command): EngineEvent[] {
    requireObject(command, "command");
    this.#state.loader = undefined;
    this.#state.commands++;
    return dispatch(this.#state, command);
  }

  /** Declares an asset that markets settle in. */
  addAsset(asset: AssetDefinition): EngineEvent[] {
    return this.apply({ type: "addAsset", asset });
  }

  /** Declares a market; its settle asset must exist. */
  addMarket(market: MarketDefinition): EngineEvent[] {
    return this.apply({ type: "addMarket", market });
  }

  /** Sets marks by symbol: all of them or, where one is refused, none. */
  setMarks(marks: Readonly<Record<string, DecimalLike>>): EngineEvent[] {
    return this.apply({ type: "setMarks", marks });
  }

  /** Opens an account; `hedged` lets long and short of one market stand side by side. */
  openAccount(account: string, options: { readonly hedged?: boolean } = {}): EngineEvent[] {
    return this.apply({ type: "openAccount", account, hedged: options.hedged ?? false });
  }

  /** Closes an account that holds no position and no balance. */
  closeAccount(account: string): EngineEvent[] {
    return this.apply({ type: "closeAccount", account });
  }

  /** Pays into the wallet. */
  deposit(account: string, asset: string, amount: DecimalLike): EngineEvent[] {
    return this.apply({ type: "deposit", account, asset, amount });
  }

  /** Pays out of the wallet; refused below zero or where the cross scope would fall below its initial margin. */
  withdraw(account: string, asset: string, amount: DecimalLike): EngineEvent[] {
    return this.apply({ type: "withdraw", account, asset, amount });
  }

  /** Sets the wallet to a figure, as an import does; may be negative. */
  setBalance(account: string, asset: string, amount: DecimalLike): EngineEvent[] {
    return this.apply({ type: "setBalance", account, asset, amount });
  }

  /** Sets a position to stated figures, as an import does; contracts "0" removes it. */
  setPosition(account: string, position: PositionDefinition): EngineEvent[] {
    return this.apply({ type: "setPosition", account, position });
  }

  /**
   * A trade: opens, increases, reduces, closes or flips.
   *
   * @throws RiskError INSUFFICIENT_FUNDS, MARGIN_EXHAUSTED, MARGIN_MODE, POSITION_MODE, OUT_OF_RANGE, ...
   */
  fill(trade: Omit<FillCommand, "type">): EngineEvent[] {
    return this.apply({ ...trade, type: "fill" });
  }

  /** Ids of all accounts, in the order in which they were opened. */
  *accountIds(): Generator<string, void, undefined> {
    for (const [id] of this.#state.accounts.entries()) yield id;
  }

  hasAccount(id: string): boolean {
    return this.#state.accounts.find(id) !== undefined;
  }

  /**
   * A light view of an account.
   *
   * @throws RiskError UNKNOWN_ACCOUNT
   */
  account(id: string): AccountView {
    return new AccountView(this.#state, this.#state.account(id, "account"));
  }

  /**
   * Handle of an account's cross scope in an asset: figures as bigints, the fast path.
   *
   * @throws RiskError UNKNOWN_ACCOUNT, UNKNOWN_ASSET; NO_POSITION where the account never held anything in it.
   */
  crossScope(account: string, settle: string): ScopeHandle {
    return this.account(account).crossScope(settle);
  }

  /**
   * Handle of an isolated position's scope.
   *
   * @throws RiskError UNKNOWN_ACCOUNT, UNKNOWN_SYMBOL, NO_POSITION
   */
  isolatedScope(account: string, symbol: string, side: PositionSide): ScopeHandle {
    return this.account(account).isolatedScope(symbol, side);
  }

  /** Mark of a market as decimal text, or null where none was set. */
  mark(symbol: string): string | null {
    return markText(this.#state, this.#state.market(symbol, "symbol"));
  }

  /** Every scope that is liquidatable at the marks. */
  scan(): ScanResult {
    return scanMarks(this.#state);
  }

  /** Every scope that would be liquidatable at other prices; markets not named keep their marks. Changes nothing. */
  scanAt(marks: Readonly<Record<string, DecimalLike>>): ScanResult {
    return scanTrial(this.#state, readMarks(this.#state, marks, "marks"));
  }

  /** The whole state as a book document; `fromBook(toBook())` has the same state hash. */
  toBook(): BookDocument {
    return toBook(this.#state);
  }

  /** Sixteen hexadecimal digits that two engines share when they hold the same. */
  stateHash(): string {
    return stateHash(this.#state);
  }

  stats(): EngineStats {
    const state = this.#state;
    return {
      accounts: state.accounts.count,
      positions: state.kernel.legTotal,
      pools: state.kernel.poolCount,
      assets: state.assets.length,
      markets: state.markets.length,
      memoryBytes: state.kernel.memoryBytes + state.accounts.columnBytes,
      notional: notionalAtMarks(state),
    };
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
