// The header of a book (profile, assets, markets, marks): small, read whole, and applied to a fresh sink before any
// account. A book whose header has problems is refused there and then: its rows could only add noise.

import { RiskError } from "../errors.ts";
import { MAX_AMOUNT, MAX_SAFE_UNITS } from "../model.ts";
import type {
  AssetDefinition,
  DecimalLike,
  MarginCallDefinition,
  MarketDefinition,
  Profile,
} from "../types.ts";
import { BookError, type ProblemLog } from "./book-error.ts";
import { FieldReader, isAbsent } from "./fields.ts";
import { descend, type JsonNode, plainOf } from "./json-tree.ts";
import type { BookSink } from "./sink.ts";

/** Keys of a document that belong to its header. */
export const HEADER_KEYS: readonly string[] = [
  "profile",
  "assets",
  "markets",
  "marks",
  "indexPrices",
  "fundingTimes",
  "marginCalls",
  "tickTime",
  "insuranceFunds",
  "partialLiquidations",
];

/** Makes an empty sink (an engine) for a profile; RiskError `UNKNOWN_PROFILE` or `BAD_VALUE` where it cannot. */
export type CreateSink<T extends BookSink> = (profile: Profile) => T;

/** A sink with its assets, markets and marks, and the handles by name. */
export interface OpenBook<T extends BookSink> {
  readonly sink: T;
  readonly assets: ReadonlyMap<string, number>;
  readonly markets: ReadonlyMap<string, number>;
}

const MAX_SYMBOL_LENGTH = 64;

/**
 * Applies the header found under {@link HEADER_KEYS}.
 *
 * @throws BookError where anything in it was refused
 */
export function openBook<T extends BookSink>(
  file: string,
  header: ReadonlyMap<string, JsonNode>,
  createSink: CreateSink<T>,
  problems: ProblemLog,
): OpenBook<T> {
  const fields = new FieldReader(file, problems);
  const sink = makeSink(header.get("profile"), createSink, fields, problems);
  const assets = new Map<string, number>();
  const markets = new Map<string, number>();
  eachItem(header.get("assets"), "assets", fields, (node, path) =>
    addAsset(node, path, fields, sink, assets),
  );
  eachItem(header.get("markets"), "markets", fields, (node, path) =>
    addMarket(node, path, fields, sink, markets),
  );
  // A market that was refused would only make its mark look wrong.
  problems.throwIfFound();
  setMarks(header.get("marks"), fields, sink, markets);
  setIndexPrices(header.get("indexPrices"), fields, sink, assets);
  setFundingTimes(header.get("fundingTimes"), fields, sink, markets);
  setMarginCalls(header.get("marginCalls"), fields, sink);
  setTickTime(header.get("tickTime"), fields, sink);
  setInsuranceFunds(header.get("insuranceFunds"), fields, sink, assets);
  setPartialLiquidations(header.get("partialLiquidations"), fields, sink);
  problems.throwIfFound();
  return { sink, assets, markets };
}

/** A profile as data: its whole numbers (milliseconds, the terms of a fraction) are numbers, not decimal text. */
function profileOf(node: JsonNode): unknown {
  if (node.items !== undefined) return node.items.map(profileOf);
  if (node.members === undefined) {
    const plain = plainOf(node);
    const whole = node.kind === "number" ? Number(plain) : Number.NaN;
    return Number.isSafeInteger(whole) && `${whole}` === plain ? whole : plain;
  }
  const profile: Record<string, unknown> = Object.create(null);
  for (const [key, member] of node.members) profile[key] = profileOf(member);
  return profile;
}

function makeSink<T extends BookSink>(
  node: JsonNode | undefined,
  createSink: CreateSink<T>,
  fields: FieldReader,
  problems: ProblemLog,
): T {
  try {
    return createSink(isAbsent(node) ? "default" : (profileOf(node) as Profile));
  } catch (error) {
    if (node === undefined) throw error;
    refuseInside(error, node, "profile", fields);
    throw new BookError(problems.problems);
  }
}

function eachItem(
  node: JsonNode | undefined,
  path: string,
  fields: FieldReader,
  visit: (node: JsonNode, path: string) => void,
): void {
  if (node === undefined) return;
  if (node.items === undefined) fields.refuse(node, path, "must be a list");
  node.items?.forEach((item, index) => {
    visit(item, `${path}[${index}]`);
  });
}

function addAsset(
  node: JsonNode,
  path: string,
  fields: FieldReader,
  sink: BookSink,
  assets: Map<string, number>,
): void {
  const members = fields.object(node, path, ["code"], ["decimals", "collateral"]);
  if (members === undefined) return;
  const plain = plainOf(node) as Record<string, unknown>;
  if (!takeInteger(plain, members, "decimals", path, fields)) return;
  const collateral = members.get("collateral");
  if (isAbsent(collateral)) delete plain.collateral;
  else if (!checkCollateral(collateral, plain, `${path}.collateral`, fields)) return;
  try {
    const handle = sink.addAsset(plain as unknown as AssetDefinition);
    assets.set(sink.asset(handle).code, handle);
  } catch (error) {
    refuseInside(error, node, path, fields);
  }
}

/** Looks for misspelt keys, which would change what a coin counts. */
function checkCollateral(
  node: JsonNode,
  asset: Record<string, unknown>,
  path: string,
  fields: FieldReader,
): boolean {
  const optional = ["liabilityWeight", "priceDecimals"];
  const members = fields.object(node, path, ["settle", "tiers"], optional);
  if (members === undefined) return false;
  const plain = asset.collateral as Record<string, unknown>;
  for (const name of optional) if (plain[name] === null) delete plain[name];
  const tiers = members.get("tiers")?.items ?? [];
  const sound = tiers.map((tier, index) =>
    fields.object(tier, `${path}.tiers[${index}]`, ["ratio"], ["maxQuantity"]),
  );
  return !sound.includes(undefined) && takeInteger(plain, members, "priceDecimals", path, fields);
}

function addMarket(
  node: JsonNode,
  path: string,
  fields: FieldReader,
  sink: BookSink,
  markets: Map<string, number>,
): void {
  const required = ["symbol", "settle", "precision", "tiers"];
  const optional = [
    "linear",
    "contractSize",
    "priceDecimals",
    "taker",
    "maker",
    "positivePnlWeight",
    "maxLeverage",
    "openInterestCaps",
  ];
  const members = fields.object(node, path, required, optional);
  if (members === undefined) return;
  const symbol = fields.text(
    members.get("symbol") as JsonNode,
    `${path}.symbol`,
    MAX_SYMBOL_LENGTH,
  );
  const linear = fields.boolean(members.get("linear"), `${path}.linear`, true);
  if (symbol === undefined || linear === undefined) return;
  const plain = plainOf(node) as Record<string, unknown>;
  // A null stands for absent in ccxt's data.
  for (const name of optional) if (plain[name] === null) delete plain[name];
  if (!takeInteger(plain, members, "priceDecimals", path, fields)) return;
  try {
    const handle = sink.addMarket(plain as unknown as MarketDefinition);
    markets.set(sink.market(handle).symbol, handle);
  } catch (error) {
    refuseInside(error, node, path, fields);
  }
}

/** Makes a count of decimals a number again; other numbers stay text. False where it is none. */
function takeInteger(
  plain: Record<string, unknown>,
  members: Map<string, JsonNode>,
  name: string,
  path: string,
  fields: FieldReader,
): boolean {
  const node = members.get(name);
  if (isAbsent(node)) return true;
  if (node.kind !== "number" || !/^\d{1,2}$/.test(node.text) || Number(node.text) > 18) {
    fields.refuse(node, `${path}.${name}`, "must be a whole number from 0 to 18");
    return false;
  }
  plain[name] = Number(node.text);
  return true;
}

/** Logs a refusal at the deepest value that its path names. */
function refuseInside(error: unknown, node: JsonNode, path: string, fields: FieldReader): void {
  const inner = descend(node, error instanceof RiskError ? (error.path ?? "") : "");
  const place = inner.followed === "" ? path : `${path}.${inner.followed}`;
  fields.refuseError(error, inner.node, place);
}

function setMarks(
  node: JsonNode | undefined,
  fields: FieldReader,
  sink: BookSink,
  markets: ReadonlyMap<string, number>,
): void {
  if (node === undefined) return;
  if (node.members === undefined)
    fields.refuse(node, "marks", "must be an object of prices by symbol");
  for (const [symbol, price] of node.members ?? []) {
    const path = `marks[${JSON.stringify(symbol)}]`;
    const market = markets.get(symbol);
    if (market === undefined) {
      fields.refuse(price, path, "is a price for no market of this book", "UNKNOWN_SYMBOL");
      continue;
    }
    const limits = { min: 1n, max: BigInt(MAX_SAFE_UNITS) };
    const units = fields.decimal(price, path, sink.market(market).priceDecimals, limits);
    if (units === undefined) continue;
    try {
      sink.setMark(market, Number(units));
    } catch (error) {
      fields.refuseError(error, price, path);
    }
  }
}

function setIndexPrices(
  node: JsonNode | undefined,
  fields: FieldReader,
  sink: BookSink,
  assets: ReadonlyMap<string, number>,
): void {
  if (isAbsent(node)) return;
  if (node.members === undefined) {
    fields.refuse(node, "indexPrices", "must be an object of prices by asset");
  }
  for (const [code, price] of node.members ?? []) {
    const path = `indexPrices[${JSON.stringify(code)}]`;
    const asset = assets.get(code);
    if (asset === undefined) {
      fields.refuse(price, path, "is a price of no asset of this book", "UNKNOWN_ASSET");
      continue;
    }
    const decimals = sink.asset(asset).indexPriceDecimals;
    if (decimals === undefined) {
      fields.refuse(price, path, "is a price of an asset without a collateral definition");
      continue;
    }
    const limits = { min: 1n, max: BigInt(MAX_SAFE_UNITS) };
    const units = fields.decimal(price, path, decimals, limits);
    if (units === undefined) continue;
    try {
      sink.setIndexPrice(asset, Number(units));
    } catch (error) {
      fields.refuseError(error, price, path);
    }
  }
}

function setFundingTimes(
  node: JsonNode | undefined,
  fields: FieldReader,
  sink: BookSink,
  markets: ReadonlyMap<string, number>,
): void {
  if (isAbsent(node)) return;
  if (node.members === undefined) {
    fields.refuse(node, "fundingTimes", "must be an object of times (ms since 1970) by symbol");
  }
  for (const [symbol, given] of node.members ?? []) {
    const path = `fundingTimes[${JSON.stringify(symbol)}]`;
    const market = markets.get(symbol);
    if (market === undefined) {
      fields.refuse(given, path, "is a time for no market of this book", "UNKNOWN_SYMBOL");
      continue;
    }
    const limits = { min: 0n, max: BigInt(MAX_SAFE_UNITS) };
    const time = fields.decimal(given, path, 0, limits);
    if (time !== undefined) sink.setFundingTime(market, Number(time));
  }
}

function setTickTime(node: JsonNode | undefined, fields: FieldReader, sink: BookSink): void {
  if (isAbsent(node)) return;
  const time = fields.decimal(node, "tickTime", 0, { min: 0n, max: BigInt(MAX_SAFE_UNITS) });
  if (time !== undefined) sink.setTickTime(Number(time));
}

function setInsuranceFunds(
  node: JsonNode | undefined,
  fields: FieldReader,
  sink: BookSink,
  assets: ReadonlyMap<string, number>,
): void {
  if (isAbsent(node)) return;
  if (node.members === undefined) {
    fields.refuse(node, "insuranceFunds", "must be an object of balances by asset");
  }
  for (const [code, balance] of node.members ?? []) {
    const path = `insuranceFunds[${JSON.stringify(code)}]`;
    const asset = assets.get(code);
    if (asset === undefined) {
      fields.refuse(balance, path, "is a fund in no asset of this book", "UNKNOWN_ASSET");
      continue;
    }
    const limits = { min: 0n, max: MAX_AMOUNT };
    const units = fields.decimal(balance, path, sink.asset(asset).decimals, limits);
    if (units !== undefined) sink.setInsuranceFund(asset, units);
  }
}

function setPartialLiquidations(
  node: JsonNode | undefined,
  fields: FieldReader,
  sink: BookSink,
): void {
  if (isAbsent(node)) return;
  if (node.members === undefined) {
    fields.refuse(node, "partialLiquidations", "must be an object of times by account");
  }
  for (const [id, given] of node.members ?? []) {
    const path = `partialLiquidations[${JSON.stringify(id)}]`;
    const time = fields.decimal(given, path, 0, { min: 0n, max: BigInt(MAX_SAFE_UNITS) });
    if (time !== undefined) sink.setPartialLiquidation(id, Number(time));
  }
}

function setMarginCalls(node: JsonNode | undefined, fields: FieldReader, sink: BookSink): void {
  if (isAbsent(node)) return;
  if (fields.object(node, "marginCalls", ["levels"], ["hysteresis"]) === undefined) return;
  const calls = plainOf(node) as { levels: DecimalLike[]; hysteresis?: DecimalLike | null };
  if (calls.hysteresis === null) delete calls.hysteresis;
  try {
    sink.setMarginCalls(calls as MarginCallDefinition);
  } catch (error) {
    refuseInside(error, node, "marginCalls", fields);
  }
}
