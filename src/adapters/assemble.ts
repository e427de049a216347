// A read account as a book document: contracts, marks, positions, orders and wallets under unified symbols, every amount in the
// decimals of its asset. What the book could not hold exactly is refused here, at the field it came from.

import { resolveProfile } from "../engine/profiles.ts";
import { refuse } from "../engine/read.ts";
import { RiskError } from "../errors.ts";
import type {
  AccountDefinition,
  AssetDefinition,
  BookDocument,
  DecimalLike,
  MarketDefinition,
  MarketSettings,
  OrderDefinition,
  PositionDefinition,
} from "../types.ts";
import type {
  ImportOptions,
  MarketFacts,
  ReadAccount,
  ReadOrder,
  ReadPosition,
} from "./account.ts";
import {
  compare,
  decimalsIn,
  type Exact,
  exactOf,
  floorUnits,
  nearest,
  negated,
  ONE,
  signedNotionalCeil,
  signedNotionalFloor,
  stepOf,
  textOf,
} from "./exact.ts";
import { checkTiers } from "./tiers.ts";

const DEFAULT_DECIMALS = 8;
const MAX_DECIMALS = 18;

/** Contracts of the book by the venue's name. */
interface BookMarket {
  readonly facts: MarketFacts;
  readonly settleDecimals: number;
  readonly priceDecimals: number;
  readonly amountDecimals: number;
  readonly mark: Exact | undefined;
}

/** @throws RiskError naming the field of the venue's data that the book cannot hold */
export function assembleBook(read: ReadAccount, options: ImportOptions): BookDocument {
  const assembly = new Assembly(read, options);
  return assembly.book();
}

class Assembly {
  readonly #read: ReadAccount;
  readonly #options: ImportOptions;
  readonly #markets = new Map<string, BookMarket>();

  constructor(read: ReadAccount, options: ImportOptions) {
    this.#read = read;
    this.#options = options;
    this.#findMarkets();
  }

  book(): BookDocument {
    const markets = [...this.#markets.values()];
    const marks: Record<string, DecimalLike> = Object.create(null);
    for (const { facts, mark } of markets)
      if (mark !== undefined) marks[facts.symbol] = textOf(mark);
    const wallets = this.#wallets();
    return {
      profile: this.#read.profile,
      assets: this.#assets(),
      markets: markets.map((market) => this.#definition(market)),
      marks,
      ...this.#indexPrices(),
      accounts: [this.#account(wallets)],
    };
  }

  #findMarkets(): void {
    const read = this.#read;
    const paths = new Map<string, string>();
    for (const { id, path } of read.positions) if (!paths.has(id)) paths.set(id, path);
    for (const { market, path } of read.orders) if (!paths.has(market)) paths.set(market, path);
    const held = new Set(paths.keys());
    if (this.#options.markets === "all") {
      for (const id of read.marketIds()) if (!paths.has(id)) paths.set(id, id);
    }
    const symbols = new Map<string, string>();
    for (const [id, path] of paths) {
      const market = held.has(id) ? this.#bookMarket(id, path, true) : this.#spareMarket(id);
      if (market === null) continue;
      const other = symbols.get(market.facts.symbol);
      if (other !== undefined) {
        refuse("DUPLICATE_SYMBOL", `is the symbol of ${other} too`, path, market.facts.symbol);
      }
      symbols.set(market.facts.symbol, id);
      this.#markets.set(id, market);
    }
  }

  /** A contract that nobody holds; null, with a note, where it cannot be read. */
  #spareMarket(id: string): BookMarket | null {
    try {
      return this.#bookMarket(id, id, false);
    } catch (error) {
      if (!(error instanceof RiskError)) throw error;
      this.#options.onNote?.(`${id} is left out: ${error.message}`);
      return null;
    }
  }

  #bookMarket(id: string, path: string, held: boolean): BookMarket {
    const read = this.#read;
    const facts = read.market(id, path);
    const settleDecimals = this.#decimalsOf(facts.settle);
    const sizes = [
      ...read.positions.filter((position) => position.id === id).map(({ contracts }) => contracts),
      ...read.orders.filter((order) => order.market === id).map(({ amount }) => amount),
    ];
    const step = facts.amountStep;
    const amountDecimals = Math.max(
      step === undefined || compare(step, ONE) >= 0 ? 0 : decimalsIn(step),
      ...sizes.map((amount) => (step === undefined ? amount.decimals : decimalsIn(amount))),
    );
    checkTiers(facts, resolveProfile(read.profile), settleDecimals, amountDecimals);
    const mark = this.#mark(id, facts.symbol);
    if (mark === undefined && held) {
      refuse("NO_MARK", `${facts.symbol} has no mark price`, path, id, `give ${read.marksFrom}`);
    }
    const priceDecimals = Math.max(
      DEFAULT_DECIMALS,
      mark === undefined ? 0 : decimalsIn(mark),
      facts.priceStep === undefined ? 0 : decimalsIn(facts.priceStep),
    );
    return { facts, settleDecimals, priceDecimals, amountDecimals, mark };
  }

  #mark(id: string, symbol: string): Exact | undefined {
    const { marks } = this.#options;
    if (marks !== undefined && Object.hasOwn(marks, symbol)) {
      return exactOf(marks[symbol], `options.marks[${JSON.stringify(symbol)}]`);
    }
    const { positions } = this.#read;
    const own = positions.find((position) => position.id === id && position.mark !== undefined);
    return own?.mark ?? this.#read.marks.get(id);
  }

  #decimalsOf(asset: string): number {
    const { decimals } = this.#options;
    if (decimals !== undefined && Object.hasOwn(decimals, asset)) return decimals[asset] as number;
    return this.#read.decimals?.[asset] ?? DEFAULT_DECIMALS;
  }

  #settles(asset: string): boolean {
    return [...this.#markets.values()].some(({ facts }) => facts.settle === asset);
  }

  /** Assets that contracts settle in, and those of which there is a balance. */
  #assets(): AssetDefinition[] {
    const { collateral } = this.#options;
    const codes = new Set([...this.#markets.values()].map(({ facts }) => facts.settle));
    for (const [code, wallet] of this.#read.wallets) if (wallet.units !== 0n) codes.add(code);
    for (const { settle } of Object.values(collateral ?? {})) codes.add(settle);
    return [...codes].map((code) => ({
      code,
      decimals: this.#walletDecimals(code),
      ...(collateral !== undefined && Object.hasOwn(collateral, code)
        ? { collateral: collateral[code] as NonNullable<AssetDefinition["collateral"]> }
        : {}),
    }));
  }

  /** Of the coins in the book that count as collateral. */
  #indexPrices(): Pick<BookDocument, "indexPrices"> {
    const { collateral = {}, indexPrices } = this.#options;
    if (indexPrices === undefined) return {};
    const held = new Set(this.#assets().map(({ code }) => code));
    const prices = Object.entries(indexPrices).filter(
      ([code]) => held.has(code) && Object.hasOwn(collateral, code),
    );
    return { indexPrices: Object.fromEntries(prices) };
  }

  /** A coin that nothing settles in may be as fine as its balance. */
  #walletDecimals(code: string): number {
    const declared = this.#decimalsOf(code);
    const wallet = this.#read.wallets.get(code);
    if (
      wallet === undefined ||
      this.#settles(code) ||
      this.#options.decimals?.[code] !== undefined
    ) {
      return declared;
    }
    return Math.min(Math.max(declared, decimalsIn(wallet)), MAX_DECIMALS);
  }

  #wallets(): Record<string, DecimalLike> {
    const balances: Record<string, DecimalLike> = Object.create(null);
    for (const [code, wallet] of this.#read.wallets) {
      if (wallet.units === 0n) continue;
      balances[code] = this.#amount(wallet, this.#walletDecimals(code), `wallet of ${code}`);
    }
    return balances;
  }

  /** An amount in its asset's decimals. */
  #amount(value: Exact, decimals: number, path: string): string {
    if (decimalsIn(value) > decimals && this.#options.rounding !== "down") {
      refuse(
        "TOO_MANY_DECIMALS",
        `must have at most ${decimals} decimals`,
        path,
        textOf(value),
        'declare more with the option decimals, or round amounts down with the option rounding: "down"',
      );
    }
    return textOf({ units: floorUnits(value, decimals), decimals });
  }

  #definition(market: BookMarket): MarketDefinition {
    const { facts, amountDecimals, priceDecimals } = market;
    const { fees = {} } = this.#options;
    const taker = facts.taker === undefined ? fees.taker : textOf(facts.taker);
    const maker = facts.maker === undefined ? fees.maker : textOf(facts.maker);
    if (taker === undefined && resolveProfile(this.#read.profile).closeFeeInRequirement) {
      throw new RiskError(
        "BAD_VALUE",
        `${facts.symbol} needs its taker fee: ${this.#read.name} counts the fee to close as maintenance margin`,
        { path: "fees", hint: "give the venue's fee rates, or the option fees: { taker }" },
      );
    }
    const limit = facts.maxLeverage === undefined ? undefined : textOf(facts.maxLeverage);
    return {
      symbol: facts.symbol,
      settle: facts.settle,
      ...(facts.linear ? {} : { linear: false }),
      ...(compare(facts.contractSize, ONE) === 0
        ? {}
        : { contractSize: textOf(facts.contractSize) }),
      precision: {
        amount: textOf(stepOf(amountDecimals)),
        ...(facts.priceStep === undefined ? {} : { price: textOf(facts.priceStep) }),
      },
      ...(priceDecimals === DEFAULT_DECIMALS ? {} : { priceDecimals }),
      ...(taker === undefined ? {} : { taker }),
      ...(maker === undefined ? {} : { maker }),
      tiers: facts.tiers,
      ...(limit === undefined ? {} : { maxLeverage: { cross: limit, isolated: limit } }),
    };
  }

  #account(balances: Record<string, DecimalLike>): AccountDefinition {
    const read = this.#read;
    const orders = read.orders.map((order) => this.#order(order));
    const settings = this.#settings();
    return {
      id: this.#options.account ?? read.name.toLowerCase(),
      hedged: read.hedged,
      ...(read.multiAsset ? { multiAsset: true } : {}),
      balances,
      positions: read.positions.map((position) => this.#position(position)),
      ...(orders.length === 0 ? {} : { orders }),
      ...(settings.length === 0 ? {} : { settings }),
    };
  }

  #position(position: ReadPosition): PositionDefinition {
    const { id, path, side, contracts, marginMode, leverage, margin } = position;
    const market = this.#markets.get(id) as BookMarket;
    const { facts, settleDecimals } = market;
    if (marginMode === "isolated" && margin === undefined) {
      throw new RiskError("BAD_VALUE", "an isolated position needs its margin", { path });
    }
    return {
      symbol: facts.symbol,
      side,
      contracts: textOf(contracts),
      ...this.#entry(position, market),
      marginMode,
      ...(leverage === undefined ? {} : { leverage: textOf(leverage) }),
      ...(margin === undefined || marginMode === "cross"
        ? {}
        : { isolatedMargin: this.#amount(margin, settleDecimals, `${path} (isolated margin)`) }),
      ...(position.autoTopUp === true && marginMode === "isolated" ? { autoTopUp: true } : {}),
    };
  }

  /** The entry price, and the exact notional where the price does not tell it. */
  #entry(
    position: ReadPosition,
    { facts, settleDecimals, priceDecimals }: BookMarket,
  ): Pick<PositionDefinition, "entryPrice" | "entryNotional"> {
    const { contracts, entryPrice, entryNotional, path, side, ownProfit, mark } = position;
    const price = nearest(entryPrice, priceDecimals);
    if (price.units <= 0n) {
      refuse("BAD_VALUE", "must be above 0", `${path} (entry price)`, textOf(entryPrice));
    }
    const shown = { entryPrice: textOf(price) };
    if (entryNotional !== undefined) {
      // Rounded up, where that is asked for: down for the account.
      const place = `${path} (entry notional)`;
      const negative = this.#amount(negated(entryNotional), settleDecimals, place);
      return { ...shown, entryNotional: textOf(negated(exactOf(negative, place))) };
    }
    const { linear, contractSize } = facts;
    const terms = { linear, long: side === "long", contracts, contractSize };
    let cost = signedNotionalCeil({ ...terms, price: entryPrice }, settleDecimals);
    if (ownProfit !== undefined && mark !== undefined) {
      const value = signedNotionalFloor({ ...terms, price: mark }, settleDecimals);
      cost = value - floorUnits(ownProfit, settleDecimals);
    }
    if (cost === signedNotionalCeil({ ...terms, price }, settleDecimals)) return shown;
    return { ...shown, entryNotional: textOf({ units: cost, decimals: settleDecimals }) };
  }

  #order(order: ReadOrder): OrderDefinition {
    const { id, market, side, amount, price, positionSide, reduceOnly, path } = order;
    const { facts } = this.#markets.get(market) as BookMarket;
    const { hedged } = this.#read;
    if (hedged && positionSide === undefined) {
      refuse("POSITION_MODE", "an order of a hedged account needs its position side", path, id);
    }
    return {
      id,
      symbol: facts.symbol,
      side,
      amount: textOf(amount),
      price: textOf(price),
      ...(hedged && positionSide !== undefined ? { positionSide } : {}),
      ...(reduceOnly ? { reduceOnly: true } : {}),
    };
  }

  #settings(): MarketSettings[] {
    const settings: MarketSettings[] = [];
    for (const [id, market] of this.#markets) {
      const own = this.#read.settings.get(id);
      if (own !== undefined) settings.push({ symbol: market.facts.symbol, ...own });
    }
    return settings;
  }
}
