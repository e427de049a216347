// The tables of a folder book: marks, accounts, positions, open orders and stops. Each row is checked, turned into
// integers and handed to the sink; ids and symbols are looked up by their bytes. accounts.csv names every account
// (with a balance, or with asset and balance left empty), positions.csv, orders.csv and stops.csv may name no other.

import { MAX_AMOUNT, MAX_SAFE_UNITS } from "../model.ts";
import type { StopDefinition } from "../types.ts";
import type { ProblemLog } from "./book-error.ts";
import { ByteIndex } from "./byte-index.ts";
import { isWord, wordBytes } from "./bytes.ts";
import type { BookSink } from "./sink.ts";
import { STOP_OPTIONAL } from "./stop-fields.ts";
import { type Row, TableReader } from "./table.ts";

const LEVERAGE_DECIMALS = 3;
const MAX_LEVERAGE_MILLI = 2 ** 32 - 1;
const MAX_ID_LENGTH = 128;
const LONG = wordBytes("long");
const SHORT = wordBytes("short");
const CROSS = wordBytes("cross");
const ISOLATED = wordBytes("isolated");
const BUY = wordBytes("buy");
const SELL = wordBytes("sell");
const TRUE = wordBytes("true");
const FALSE = wordBytes("false");
const ENCODER = new TextEncoder();

/** What the tables of one folder share. */
export class FolderTables {
  readonly #sink: BookSink;
  readonly #problems: ProblemLog;
  readonly #markets = new ByteIndex(false);
  /** Columns by market: rows name markets in any order, and one short array stays in the processor's cache. */
  readonly #amountDecimals: Uint8Array;
  readonly #priceDecimals: Uint8Array;
  readonly #settleDecimals: Uint8Array;
  readonly #assets = new ByteIndex(true);
  readonly #assetDecimals: number[] = [];
  /** positions.csv tends to name accounts in the order of accounts.csv, several rows each. */
  readonly #accounts = new ByteIndex(true);
  /** Sink handle per entry of the account index. */
  readonly #handles: number[] = [];
  readonly #hedged: boolean[] = [];
  readonly #multiAsset: boolean[] = [];
  readonly #balances = new PairSet();

  /** The sink already has `assetCount` assets and `marketCount` markets. */
  constructor(sink: BookSink, assetCount: number, marketCount: number, problems: ProblemLog) {
    this.#sink = sink;
    this.#problems = problems;
    for (let handle = 0; handle < assetCount; handle++) {
      const asset = sink.asset(handle);
      addName(this.#assets, asset.code);
      this.#assetDecimals.push(asset.decimals);
    }
    this.#amountDecimals = new Uint8Array(marketCount);
    this.#priceDecimals = new Uint8Array(marketCount);
    this.#settleDecimals = new Uint8Array(marketCount);
    for (let handle = 0; handle < marketCount; handle++) {
      const market = sink.market(handle);
      addName(this.#markets, market.symbol);
      this.#amountDecimals[handle] = market.amountDecimals;
      this.#priceDecimals[handle] = market.priceDecimals;
      this.#settleDecimals[handle] = market.settleDecimals;
    }
  }

  marks(file: string): TableReader {
    const seen = new Set<number>();
    const columns = { required: ["symbol", "price"] };
    return new TableReader(file, columns, this.#problems, (row) => {
      const market = this.#market(row, 0);
      if (seen.has(market)) row.refuse(0, "DUPLICATE_SYMBOL", "has a mark already");
      seen.add(market);
      const price = row.units(1, this.#priceDecimals[market] as number, 1, MAX_SAFE_UNITS);
      try {
        this.#sink.setMark(market, price);
      } catch (error) {
        row.refuseError(1, error);
      }
    });
  }

  accounts(file: string): TableReader {
    const columns = {
      required: ["account", "asset", "balance"],
      optional: ["hedged", "multiAsset"],
    };
    return new TableReader(file, columns, this.#problems, (row) => {
      const entry = this.#openAccount(row);
      if (row.isEmpty(1) && row.isEmpty(2)) return;
      const asset = this.#assets.find(row.bytes, row.start(1), row.end(1));
      if (asset < 0) row.refuse(1, "UNKNOWN_ASSET", "must be an asset of markets.json");
      const balance = row.wideUnits(
        2,
        this.#assetDecimals[asset] as number,
        -MAX_AMOUNT,
        MAX_AMOUNT,
      );
      if (!this.#balances.add(entry, asset, this.#assetDecimals.length)) {
        row.refuse(1, "DUPLICATE_ACCOUNT", "the account has a balance in it already");
      }
      try {
        this.#sink.setBalance(this.#handles[entry] as number, asset, balance);
      } catch (error) {
        row.refuseError(2, error);
      }
    });
  }

  positions(file: string): TableReader {
    return new TableReader(file, POSITION_COLUMNS, this.#problems, (row) =>
      this.#readPosition(row),
    );
  }

  #readPosition(row: Row): void {
    const bytes = row.bytes;
    const entry = this.#accounts.find(bytes, row.start(0), row.end(0));
    if (entry < 0) row.refuse(0, "UNKNOWN_ACCOUNT", "must be an account of accounts.csv");
    const market = this.#market(row, 1);
    const settleDecimals = this.#settleDecimals[market] as number;
    const short = isWord(bytes, row.start(2), row.end(2), SHORT);
    if (!short && !isWord(bytes, row.start(2), row.end(2), LONG)) {
      row.refuse(2, "BAD_VALUE", "must be long or short");
    }
    const contracts = row.units(3, this.#amountDecimals[market] as number, 1, MAX_SAFE_UNITS);
    const entryPrice = row.units(4, this.#priceDecimals[market] as number, 1, MAX_SAFE_UNITS);
    const isolated = isWord(bytes, row.start(5), row.end(5), ISOLATED);
    if (!isolated && !isWord(bytes, row.start(5), row.end(5), CROSS)) {
      row.refuse(5, "BAD_VALUE", "must be cross or isolated");
    }
    const leverage = row.isEmpty(6) ? 0 : row.units(6, LEVERAGE_DECIMALS, 1, MAX_LEVERAGE_MILLI);
    let margin: number | bigint = 0;
    if (isolated) margin = row.wideUnits(7, settleDecimals, -MAX_AMOUNT, MAX_AMOUNT);
    else if (!row.isEmpty(7)) row.refuse(7, "BAD_VALUE", "must be empty for a cross position");
    const entryNotional = row.isEmpty(8)
      ? undefined
      : row.amount(8, settleDecimals, -MAX_AMOUNT, MAX_AMOUNT);
    const topUp = readFlag(row, 9) === true;
    if (topUp && !isolated) row.refuse(9, "MARGIN_MODE", "is for isolated positions");
    try {
      this.#sink.addPosition(
        this.#handles[entry] as number,
        market,
        short ? -contracts : contracts,
        entryPrice,
        isolated,
        leverage,
        margin,
        entryNotional,
      );
      if (topUp) {
        const side = short ? "short" : "long";
        this.#sink.allowTopUp(this.#handles[entry] as number, market, side);
      }
    } catch (error) {
      row.refuseError(1, error);
    }
  }

  orders(file: string): TableReader {
    return new TableReader(file, ORDER_COLUMNS, this.#problems, (row) => this.#readOrder(row));
  }

  #readOrder(row: Row): void {
    const { bytes } = row;
    const entry = this.#accounts.find(bytes, row.start(0), row.end(0));
    if (entry < 0) row.refuse(0, "UNKNOWN_ACCOUNT", "must be an account of accounts.csv");
    const market = this.#market(row, 2);
    const order = {
      id: row.text(1),
      side: oneOf(row, 3, SELL, BUY) ? "sell" : "buy",
      amount: row.units(4, this.#amountDecimals[market] as number, 1, MAX_SAFE_UNITS),
      price: row.units(5, this.#priceDecimals[market] as number, 1, MAX_SAFE_UNITS),
      positionSide: row.isEmpty(6) ? undefined : oneOf(row, 6, SHORT, LONG) ? "short" : "long",
      reduceOnly: !row.isEmpty(7) && oneOf(row, 7, TRUE, FALSE),
    } as const;
    try {
      this.#sink.addOrder(this.#handles[entry] as number, market, order);
    } catch (error) {
      row.refuseError(1, error);
    }
  }

  stops(file: string): TableReader {
    return new TableReader(file, STOP_COLUMNS, this.#problems, (row) => this.#readStop(row));
  }

  /** Fields of a stop as text; which of them are needed, and their decimals, depend on the kind. */
  #readStop(row: Row): void {
    const entry = this.#accounts.find(row.bytes, row.start(0), row.end(0));
    if (entry < 0) row.refuse(0, "UNKNOWN_ACCOUNT", "must be an account of accounts.csv");
    const stop: Record<string, string> = { kind: row.text(1) };
    STOP_OPTIONAL.forEach((name, index) => {
      if (!row.isEmpty(index + 2)) stop[name] = row.text(index + 2);
    });
    try {
      this.#sink.addStop(this.#handles[entry] as number, stop as unknown as StopDefinition);
    } catch (error) {
      row.refuseError(1, error);
    }
  }

  #market(row: Row, column: number): number {
    const market = this.#markets.find(row.bytes, row.start(column), row.end(column));
    if (market < 0) row.refuse(column, "UNKNOWN_SYMBOL", "must be a market of markets.json");
    return market;
  }

  /** Entry of the row's account, opened where it is new. */
  #openAccount(row: Row): number {
    const bytes = row.bytes;
    const [start, end] = [row.start(0), row.end(0)];
    const known = this.#accounts.find(bytes, start, end);
    const hedged = readFlag(row, 3);
    const multiAsset = readFlag(row, 4);
    if (known >= 0) {
      if (hedged !== undefined && hedged !== this.#hedged[known]) {
        row.refuse(3, "POSITION_MODE", "must be the same on every row of an account");
      }
      if (multiAsset !== undefined && multiAsset !== this.#multiAsset[known]) {
        row.refuse(4, "MULTI_ASSET", "must be the same on every row of an account");
      }
      return known;
    }
    const id = row.text(0);
    if (id.length === 0 || id.length > MAX_ID_LENGTH) {
      row.refuse(0, "BAD_VALUE", `must be 1 to ${MAX_ID_LENGTH} characters long`);
    }
    try {
      this.#handles.push(this.#sink.openAccount(id, hedged ?? false, multiAsset ?? false));
    } catch (error) {
      row.refuseError(0, error);
    }
    this.#hedged.push(hedged ?? false);
    this.#multiAsset.push(multiAsset ?? false);
    return this.#accounts.add(bytes, start, end);
  }
}

const POSITION_COLUMNS = {
  required: [
    "account",
    "symbol",
    "side",
    "contracts",
    "entryPrice",
    "marginMode",
    "leverage",
    "isolatedMargin",
  ],
  optional: ["entryNotional", "autoTopUp"],
};

const STOP_COLUMNS = { required: ["account", "kind"], optional: STOP_OPTIONAL };

const ORDER_COLUMNS = {
  required: ["account", "id", "symbol", "side", "amount", "price"],
  optional: ["positionSide", "reduceOnly"],
};

/** True for the first word, false for the second; anything else is refused. */
function oneOf(row: Row, column: number, first: Uint8Array, second: Uint8Array): boolean {
  if (isWord(row.bytes, row.start(column), row.end(column), first)) return true;
  if (isWord(row.bytes, row.start(column), row.end(column), second)) return false;
  const [one, other] = [first, second].map((word) => new TextDecoder().decode(word));
  return row.refuse(column, "BAD_VALUE", `must be ${one} or ${other}`);
}

/** undefined where the column is absent or the field empty. */
function readFlag(row: Row, column: number): boolean | undefined {
  if (row.isEmpty(column)) return undefined;
  if (isWord(row.bytes, row.start(column), row.end(column), TRUE)) return true;
  if (isWord(row.bytes, row.start(column), row.end(column), FALSE)) return false;
  return row.refuse(column, "BAD_VALUE", "must be true or false");
}

function addName(index: ByteIndex, name: string): void {
  const bytes = ENCODER.encode(name);
  index.add(bytes, 0, bytes.length);
}

/** Which (account, asset) pairs were seen: one bit each. */
class PairSet {
  #bits = new Uint8Array(1024);

  /** False where the pair was there already. `width` assets. */
  add(entry: number, asset: number, width: number): boolean {
    const position = entry * width + asset;
    const byte = Math.floor(position / 8);
    if (byte >= this.#bits.length) {
      const grown = new Uint8Array(2 * byte + 2);
      grown.set(this.#bits);
      this.#bits = grown;
    }
    const mask = 1 << (position % 8);
    const before = this.#bits[byte] as number;
    this.#bits[byte] = before | mask;
    return (before & mask) === 0;
  }
}
