// The engine's state behind its commands: the kernel, what has been declared (assets, markets), the
// accounts, and how a pool or leg is found from account, market and side. It offers look-ups and
// the registration of definitions; the rules of what a command may do live in commands/.
import { isPoisoned } from "../errors.ts";
import { Kernel, type KernelOptions } from "../kernel.ts";
import type { MarketDefinition, PositionSide, Profile } from "../types.ts";
import {
  Accounts,
  crossTag,
  isolatedTag,
  MAX_TAG_INDEX,
  NO_POOL,
  tagIndex,
  tagMode,
} from "./accounts.ts";
import { Collaterals } from "./collaterals.ts";
import { Ledger } from "./ledger.ts";
import { Insurance } from "./liquidation/insurance.ts";
import { type MarginCalls, NO_MARGIN_CALLS } from "./margin-levels.ts";
import { copyDefinition } from "./market-definition.ts";
import {
  type EngineAsset,
  type MarketSpecification,
  readMarket,
  type TableSpecification,
} from "./markets.ts";
import { OpenInterest } from "./open-interest.ts";
import { Orders } from "./orders.ts";
import { type ResolvedProfile, resolveProfile } from "./profiles.ts";
import { refuse } from "./read.ts";
import { Settings } from "./settings.ts";
import { Stops } from "./stops.ts";
import { TickRows } from "./tick-rows.ts";
import type { Transaction } from "./transaction.ts";

/** A table of a market with its handle in the kernel. */
export interface EngineTable extends TableSpecification {
  readonly handle: number;
}

/** A market with its handles in the kernel. */
export interface EngineMarket extends Omit<MarketSpecification, "definition" | "tables"> {
  readonly index: number;
  readonly slot: number;
  /** Largest price, in price units, that the kernel takes for it. */
  readonly maxPrice: number;
  /** Changed by setTiers alone. */
  tables: readonly EngineTable[];
  definition: MarketDefinition;
  /** Terms as numbers for loaders; 0 where one exceeds 2^53. */
  readonly numerator: number;
  readonly divisor: number;
}

/** A position found in the kernel. */
export interface PositionReference {
  readonly pool: number;
  readonly leg: number;
  readonly isolated: boolean;
}

function safeNumber(value: bigint): number {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : 0;
}

function tableWithHandle(specification: TableSpecification, handle: number): EngineTable {
  const { table, fromUnits, toUnits, rateTexts, maxLeverageMilli, caps } = specification;
  return { table, fromUnits, toUnits, rateTexts, maxLeverageMilli, caps, handle };
}

export class EngineState {
  readonly kernel: Kernel;
  readonly profile: Profile;
  readonly rules: ResolvedProfile;
  readonly accounts: Accounts = new Accounts();
  readonly assets: EngineAsset[] = [];
  readonly markets: EngineMarket[] = [];
  readonly openInterest: OpenInterest = new OpenInterest();
  readonly orders: Orders = new Orders();
  readonly stops: Stops;
  readonly settings: Settings = new Settings();
  readonly collaterals: Collaterals = new Collaterals();
  readonly ledger: Ledger = new Ledger();
  readonly insurance: Insurance = new Insurance();
  readonly ticks: TickRows = new TickRows();
  /** Levels of the margin ratio that ticks report; none by default. */
  marginCalls: MarginCalls = NO_MARGIN_CALLS;
  /** Time of each market's last funding by market index, ms since 1970. */
  readonly fundingTimes: Map<number, number> = new Map();
  /** Counts removals of pools: a pool handle kept since an older epoch may be another pool now. */
  epoch = 0;
  /** Counts commands: a scan's handles are good until the next. */
  commands = 0;
  /** The rehearsal that is under way, if any: every transaction joins it, and it is taken back in the end. */
  rehearsal: Transaction | undefined = undefined;
  /** The bulk sink whose caches are true: nothing has changed the state since but that sink. */
  loader: object | undefined = undefined;
  readonly #assetOf: Map<string, EngineAsset> = new Map();
  readonly #marketOf: Map<string, EngineMarket> = new Map();
  readonly #marketOfSlot: EngineMarket[] = [];

  constructor(profile: Profile, kernelOptions: KernelOptions | undefined) {
    this.rules = resolveProfile(profile);
    this.profile = typeof profile === "object" ? { ...profile } : profile;
    this.kernel = new Kernel(kernelOptions);
    this.stops = new Stops(this.kernel);
    this.kernel.setInclusive(this.rules.triggerInclusive);
  }

  findAsset(code: unknown): EngineAsset | undefined {
    return typeof code === "string" ? this.#assetOf.get(code) : undefined;
  }

  findMarket(symbol: unknown): EngineMarket | undefined {
    return typeof symbol === "string" ? this.#marketOf.get(symbol) : undefined;
  }

  asset(code: unknown, path: string): EngineAsset {
    return this.findAsset(code) ?? refuse("UNKNOWN_ASSET", "unknown asset", path, code);
  }

  market(symbol: unknown, path: string): EngineMarket {
    return this.findMarket(symbol) ?? refuse("UNKNOWN_SYMBOL", "unknown symbol", path, symbol);
  }

  /** A market that has a mark. */
  markedMarket(symbol: unknown, path: string): EngineMarket {
    const market = this.market(symbol, path);
    if (this.kernel.mark(market.slot) === 0) {
      refuse("NO_MARK", "the market has no mark yet", path, symbol, "set its mark first");
    }
    return market;
  }

  account(id: unknown, path: string): number {
    const account = typeof id === "string" ? this.accounts.find(id) : undefined;
    return account ?? refuse("UNKNOWN_ACCOUNT", "unknown account", path, id);
  }

  /** By index, for indices that came from this state. */
  assetAt(index: number): EngineAsset {
    return this.assets[index] ?? refuse("INTERNAL", "no such asset", "asset", index);
  }

  marketAt(index: number): EngineMarket {
    return this.markets[index] ?? refuse("INTERNAL", "no such market", "market", index);
  }

  /** The market that a leg's price slot belongs to. */
  marketOfLeg(leg: number): EngineMarket {
    return this.marketOfSlot(this.kernel.legPrice(leg));
  }

  marketOfSlot(slot: number): EngineMarket {
    return this.#marketOfSlot[slot] ?? refuse("INTERNAL", "no market at slot", "slot", slot);
  }

  /** The market of a price slot; undefined where it is a coin's. */
  findMarketOfSlot(slot: number): EngineMarket | undefined {
    return this.#marketOfSlot[slot];
  }

  addAsset(asset: EngineAsset): void {
    this.assets.push(asset);
    this.#assetOf.set(asset.code, asset);
  }

  addMarket(definition: MarketDefinition, path: string): EngineMarket {
    const settleOf = (code: string, at: string): EngineAsset => this.asset(code, at);
    const specification = readMarket(definition, this.rules, settleOf, path);
    const { symbol } = specification;
    if (this.#marketOf.has(symbol)) {
      refuse("DUPLICATE_SYMBOL", "the market exists already", `${path}.symbol`, symbol);
    }
    if (this.markets.length > MAX_TAG_INDEX) {
      refuse("CAPACITY", "too many markets", path, symbol);
    }
    const slot = this.kernel.createPrice(specification.terms);
    return this.#enter(specification, slot, this.#tablesOfNewMarket(specification.tables, slot));
  }

  /** A market of a snapshot: the kernel has its slot and tables already. */
  restoreMarket(definition: MarketDefinition, slot: number, handles: readonly number[]): void {
    const settleOf = (code: string, at: string): EngineAsset => this.asset(code, at);
    const specification = readMarket(definition, this.rules, settleOf, "market");
    const tables = specification.tables.map((table, index) =>
      tableWithHandle(table, handles[index] as number),
    );
    this.#enter(specification, slot, tables);
  }

  #enter(
    specification: MarketSpecification,
    slot: number,
    tables: readonly EngineTable[],
  ): EngineMarket {
    const { symbol, terms } = specification;
    // Written out: objects made by spreading have hidden classes of their own, and every later read is slow.
    const market: EngineMarket = {
      symbol,
      settle: specification.settle,
      settleDecimals: specification.settleDecimals,
      amountDecimals: specification.amountDecimals,
      priceDecimals: specification.priceDecimals,
      contractSize: specification.contractSize,
      terms,
      maxLeverageMilli: specification.maxLeverageMilli,
      takerRateE8: specification.takerRateE8,
      makerRateE8: specification.makerRateE8,
      profitHaircutE8: specification.profitHaircutE8,
      openInterestCaps: specification.openInterestCaps,
      definition: specification.definition,
      index: this.markets.length,
      slot,
      maxPrice: this.kernel.maxPrice(slot),
      tables,
      numerator: safeNumber(terms.numerator),
      divisor: safeNumber(terms.divisor),
    };
    this.markets.push(market);
    this.#marketOf.set(symbol, market);
    this.#marketOfSlot[slot] = market;
    return market;
  }

  /** Where the kernel has no room for all tables of a new market, the price slot goes again. */
  #tablesOfNewMarket(specifications: readonly TableSpecification[], slot: number): EngineTable[] {
    try {
      return this.createTables(specifications);
    } catch (error) {
      if (!isPoisoned(error)) this.kernel.removePrice(slot);
      throw error;
    }
  }

  /** All tables or, where the kernel has no room for one, none. */
  createTables(specifications: readonly TableSpecification[]): EngineTable[] {
    const tables: EngineTable[] = [];
    try {
      for (const specification of specifications) tables.push(this.#createTable(specification));
      return tables;
    } catch (error) {
      if (!isPoisoned(error)) this.removeTables(tables);
      throw error;
    }
  }

  /** No leg stands on them. */
  removeTables(tables: readonly EngineTable[]): void {
    for (const { handle } of tables) this.kernel.removeTable(handle);
  }

  /** New tables of a market; its legs are the caller's to move. */
  setTables(
    market: EngineMarket,
    tiers: MarketDefinition["tiers"],
    tables: readonly EngineTable[],
  ): void {
    const decimals =
      this.rules.tierMetric === "notional" ? market.settleDecimals : market.amountDecimals;
    market.definition = copyDefinition({ ...market.definition, tiers }, decimals);
    market.tables = tables;
  }

  #createTable(specification: TableSpecification): EngineTable {
    return tableWithHandle(specification, this.kernel.createTable(specification.table));
  }

  /** The table that serves a signed quantity. */
  tableFor(market: EngineMarket, quantity: number): EngineTable {
    const { tables } = market;
    const size = Math.abs(quantity);
    for (let index = tables.length - 1; index > 0; index--) {
      const table = tables[index];
      if (table !== undefined && size >= table.fromUnits) return table;
    }
    return tables[0] ?? refuse("INTERNAL", "market without tables", "market", market.symbol);
  }

  /** The account's pool with a tag, or NO_POOL. */
  findPool(account: number, tag: number): number {
    const { kernel } = this;
    let pool = this.accounts.firstPool(account);
    while (pool !== NO_POOL && kernel.tag(pool) !== tag) pool = kernel.nextOfOwner(pool);
    return pool;
  }

  crossPool(account: number, asset: number): number {
    return this.findPool(account, crossTag(asset));
  }

  /** Adds a pool at the head of the account's list. */
  createPool(account: number, tag: number, collateral: bigint | number): number {
    const pool = this.kernel.createPool(collateral, account, tag);
    const first = this.accounts.firstPool(account);
    // A new pool's link is NO_POOL already.
    if (first !== NO_POOL) this.kernel.setNextOfOwner(pool, first);
    this.accounts.setFirstPool(account, pool);
    this.#setBackings(account, pool, pool);
    return pool;
  }

  /**
   * Funding may charge an isolated position's wallet first: ties a new isolated pool to its wallet, or a wallet's isolated pools to `wallet`
   * (NO_POOL where it goes).
   */
  #setBackings(account: number, pool: number, wallet: number): void {
    const { kernel } = this;
    const tag = kernel.tag(pool);
    if (tagMode(tag) === "isolated") {
      kernel.setBacking(pool, this.crossPool(account, this.marketAt(tagIndex(tag)).settle));
      return;
    }
    for (let other = this.accounts.firstPool(account); other !== NO_POOL; ) {
      const its = kernel.tag(other);
      if (tagMode(its) === "isolated" && this.marketAt(tagIndex(its)).settle === tagIndex(tag)) {
        kernel.setBacking(other, wallet);
      }
      other = kernel.nextOfOwner(other);
    }
  }

  /** Takes a pool out of the account's list and removes it. */
  removePool(account: number, pool: number): void {
    const { kernel } = this;
    const next = kernel.nextOfOwner(pool);
    let before = this.accounts.firstPool(account);
    if (before === pool) this.accounts.setFirstPool(account, next);
    else {
      while (kernel.nextOfOwner(before) !== pool) before = kernel.nextOfOwner(before);
      kernel.setNextOfOwner(before, next);
    }
    if (tagMode(kernel.tag(pool)) === "cross") this.#setBackings(account, pool, NO_POOL);
    kernel.removePool(pool);
    this.epoch++;
  }

  /** Handles of the account's pools, newest first. */
  pools(account: number): number[] {
    const found: number[] = [];
    let pool = this.accounts.firstPool(account);
    while (pool !== NO_POOL) {
      found.push(pool);
      pool = this.kernel.nextOfOwner(pool);
    }
    return found;
  }

  /** Handles of a pool's legs that are positions, newest first; coins as collateral are left out. */
  legs(pool: number): number[] {
    const legs = this.allLegs(pool);
    if (this.collaterals.legs === 0) return legs;
    return legs.filter((leg) => this.#marketOfSlot[this.kernel.legPrice(leg)] !== undefined);
  }

  /** Handles of a pool's legs, newest first: positions and coins. */
  allLegs(pool: number): number[] {
    const found: number[] = [];
    let leg = this.kernel.firstLeg(pool);
    while (leg >= 0) {
      found.push(leg);
      leg = this.kernel.nextLeg(leg);
    }
    return found;
  }

  /** The account's position in a market; `side` undefined: either side. */
  findPosition(
    account: number,
    market: EngineMarket,
    side: PositionSide | undefined,
  ): PositionReference | undefined {
    const { kernel } = this;
    let pool = this.accounts.firstPool(account);
    while (pool !== NO_POOL) {
      const isolated = tagMode(kernel.tag(pool)) === "isolated";
      let leg = kernel.firstLeg(pool);
      while (leg >= 0) {
        if (kernel.legPrice(leg) === market.slot) {
          const long = kernel.quantity(leg) > 0;
          if (side === undefined || (side === "long") === long) return { pool, leg, isolated };
        }
        leg = kernel.nextLeg(leg);
      }
      pool = kernel.nextOfOwner(pool);
    }
    return undefined;
  }

  isolatedPool(account: number, market: EngineMarket, side: PositionSide): number {
    return this.findPool(account, isolatedTag(market.index, side));
  }
}
