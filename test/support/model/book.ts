// The account model as plain objects: what a book holds, in integers of the smallest units, and how things are
// found in it. It is the judge of the engine's commands, so it prefers definitions to shortcuts: a cross pool is not
// stored but put together from the account whenever it is asked for, and a command works on a copy.
import type { ResolvedProfile } from "../../../src/engine/profiles.ts";
import { type BracketTable, MAX_AMOUNT, type PriceTerms } from "../../../src/model.ts";
import type { MarginMode, OrderSide, PositionSide } from "../../../src/types.ts";
import { refuse } from "./refusal.ts";

export interface CollateralTier {
  /** Coins, in all, up to which the ratio counts; null: no end. */
  readonly upTo: bigint | null;
  readonly ratioE6: bigint;
}

export interface Collateral {
  readonly settle: string;
  readonly tiers: readonly CollateralTier[];
  readonly liabilityE6: bigint;
  readonly terms: PriceTerms;
}

export interface Asset {
  readonly code: string;
  readonly collateral: Collateral | undefined;
}

/** A bracket table and the sizes it serves; several only where tiers go by contract count. */
export interface SizeRange {
  readonly from: bigint;
  readonly to: bigint | null;
  readonly table: BracketTable;
  /** Per bracket, thousandths; 0: none. */
  readonly maxLeverage: readonly bigint[];
  /** Largest notional of the last bracket; null: none. */
  readonly cap: bigint | null;
}

export interface Market {
  readonly symbol: string;
  readonly settle: string;
  readonly terms: PriceTerms;
  /** Decimals of sizes and of settle amounts: tiers are stated in them. */
  readonly decimals: { readonly amount: number; readonly settle: number };
  readonly ranges: readonly SizeRange[];
  /** Thousandths; 0: none. */
  readonly maxLeverage: Readonly<Record<MarginMode, bigint>>;
  /** 1e-8 of notional. */
  readonly fee: { readonly taker: bigint; readonly maker: bigint };
  /** What equity does not count of a profit, in 1e-8. */
  readonly profitHaircut: bigint;
  readonly interestCaps: { readonly lower: bigint; readonly upper: bigint } | undefined;
}

export interface Position {
  readonly symbol: string;
  /** Signed. */
  quantity: bigint;
  /** Signed entry notional. */
  cost: bigint;
  mode: MarginMode;
  /** Thousandths; 0: none. */
  leverage: bigint;
  /** 0 where cross. */
  margin: bigint;
  autoTopUp: boolean;
}

export interface Order {
  readonly id: string;
  readonly symbol: string;
  readonly side: OrderSide;
  amount: bigint;
  readonly price: bigint;
  readonly positionSide: PositionSide | undefined;
  readonly reduceOnly: boolean;
}

export interface Setting {
  mode: MarginMode | undefined;
  /** Thousandths; 0: none chosen. */
  readonly leverage: Record<PositionSide, bigint>;
}

export interface Account {
  readonly id: string;
  readonly hedged: boolean;
  multiAsset: boolean;
  readonly wallets: Map<string, bigint>;
  /** In no particular order. */
  positions: Position[];
  /** In the order of placement. */
  orders: Order[];
  readonly settings: Map<string, Setting>;
  /** Chosen for markets without a mode of their own. */
  mode: MarginMode | undefined;
}

export type Flow = "transfers" | "fees" | "funding" | "trades" | "imports";

export interface Book {
  readonly rules: ResolvedProfile;
  readonly assets: readonly Asset[];
  /** In the order of their declaration. */
  markets: readonly Market[];
  readonly marks: Map<string, bigint>;
  readonly indexPrices: Map<string, bigint>;
  readonly fundingTimes: Map<string, number>;
  /** In the order of opening. */
  readonly accounts: Map<string, Account>;
  /** What came in from outside, by asset and reason; negative: went out. */
  readonly flows: Map<string, Map<Flow, bigint>>;
}

export function emptyBook(
  rules: ResolvedProfile,
  assets: readonly Asset[],
  markets: readonly Market[],
): Book {
  return {
    rules,
    assets,
    markets,
    marks: new Map(),
    indexPrices: new Map(),
    fundingTimes: new Map(),
    accounts: new Map(),
    flows: new Map(),
  };
}

function copyAccount(account: Account): Account {
  return {
    ...account,
    wallets: new Map(account.wallets),
    positions: account.positions.map((position) => ({ ...position })),
    orders: account.orders.map((order) => ({ ...order })),
    settings: new Map(
      Array.from(account.settings, ([symbol, { mode, leverage }]) => [
        symbol,
        { mode, leverage: { ...leverage } },
      ]),
    ),
  };
}

/** A copy that shares nothing that commands change. */
export function copyBook(book: Book): Book {
  return {
    ...book,
    marks: new Map(book.marks),
    indexPrices: new Map(book.indexPrices),
    fundingTimes: new Map(book.fundingTimes),
    accounts: new Map(Array.from(book.accounts, ([id, account]) => [id, copyAccount(account)])),
    flows: new Map(Array.from(book.flows, ([asset, sums]) => [asset, new Map(sums)])),
  };
}

export function accountOf(book: Book, id: string): Account {
  return book.accounts.get(id) ?? refuse("UNKNOWN_ACCOUNT");
}

export function assetOf(book: Book, code: string): Asset {
  return book.assets.find((asset) => asset.code === code) ?? refuse("UNKNOWN_ASSET");
}

export function marketOf(book: Book, symbol: string): Market {
  return book.markets.find((market) => market.symbol === symbol) ?? refuse("UNKNOWN_SYMBOL");
}

/** The mark of a market. */
export function markOf(book: Book, market: Market): bigint {
  return book.marks.get(market.symbol) ?? refuse("NO_MARK");
}

/** A market that has a mark. */
export function markedMarket(book: Book, symbol: string): Market {
  const market = marketOf(book, symbol);
  markOf(book, market);
  return market;
}

export function sideOf(position: { readonly quantity: bigint }): PositionSide {
  return position.quantity > 0n ? "long" : "short";
}

/** The account's position in a market, on a side if one is given. */
export function findPosition(
  account: Account,
  symbol: string,
  side: PositionSide | undefined,
): Position | undefined {
  return account.positions.find(
    (position) => position.symbol === symbol && (side === undefined || sideOf(position) === side),
  );
}

/** The position that a command names: hedged accounts must say the side, one-way accounts may. */
export function targetOf(
  book: Book,
  target: {
    readonly account: string;
    readonly symbol: string;
    readonly side?: PositionSide | undefined;
  },
): { readonly account: Account; readonly market: Market; readonly position: Position } {
  const account = accountOf(book, target.account);
  const market = markedMarket(book, target.symbol);
  if (account.hedged && target.side === undefined) refuse("POSITION_MODE");
  const position = findPosition(account, market.symbol, target.side) ?? refuse("NO_POSITION");
  return { account, market, position };
}

export function removePosition(account: Account, position: Position): void {
  account.positions = account.positions.filter((other) => other !== position);
}

export function walletOf(account: Account, asset: string): bigint {
  return account.wallets.get(asset) ?? 0n;
}

/** Amounts are signed 63-bit counts. */
export function fitting(amount: bigint): bigint {
  return amount > MAX_AMOUNT || amount < -MAX_AMOUNT ? refuse("VALUE_OUT_OF_RANGE") : amount;
}

export function addToWallet(account: Account, asset: string, amount: bigint): void {
  account.wallets.set(asset, fitting(walletOf(account, asset) + amount));
}

/** What the account has chosen for a market; created empty where it has chosen nothing. */
export function settingOf(account: Account, symbol: string): Setting {
  const found = account.settings.get(symbol);
  if (found !== undefined) return found;
  const setting: Setting = { mode: undefined, leverage: { long: 0n, short: 0n } };
  account.settings.set(symbol, setting);
  return setting;
}

/** The mode of positions to come in a market. */
export function modeFor(account: Account, symbol: string): MarginMode {
  return account.settings.get(symbol)?.mode ?? account.mode ?? "cross";
}

/** Enters money that came from outside the accounts (negative: went there). */
export function addFlow(book: Book, asset: string, flow: Flow, amount: bigint): void {
  const sums = book.flows.get(asset) ?? new Map<Flow, bigint>();
  sums.set(flow, (sums.get(flow) ?? 0n) + amount);
  book.flows.set(asset, sums);
}

/** Σ wallets + Σ isolated margins − Σ entry notionals of an asset. */
export function holdings(book: Book, asset: string): bigint {
  let sum = 0n;
  for (const account of book.accounts.values()) {
    sum += walletOf(account, asset);
    for (const position of account.positions) {
      if (marketOf(book, position.symbol).settle === asset) sum += position.margin - position.cost;
    }
  }
  return sum;
}

/** The same sum as the flows tell it. */
export function flowsOf(book: Book, asset: string): bigint {
  let sum = 0n;
  for (const amount of book.flows.get(asset)?.values() ?? []) sum += amount;
  return sum;
}
