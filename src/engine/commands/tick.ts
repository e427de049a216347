// tick: prices that move together, read and checked whole before anything moves. What the new prices then do is in ../tick.ts. There are
// two doors: by symbol and decimal text, and, for feeds, by index of the market and price units in arrays.
import { requireInteger } from "../../arguments.ts";
import { parseSmallDecimal } from "../../decimal.ts";
import type { DecimalLike, EngineEvent, TickCommand, TickMark, TickOptions } from "../../types.ts";
import { refuse, refuseUnknownFields, requireObject, requireWord } from "../read.ts";
import type { EngineMarket, EngineState } from "../state.ts";
import { runTick } from "../tick.ts";
import type { TickResult } from "../tick-result.ts";
import type { TickRows } from "../tick-rows.ts";
import { readIndexPrices } from "./collateral.ts";
import { readPrice } from "./definitions.ts";
import { readTime } from "./funding.ts";

const ORDERS = ["pathAware", "liquidationFirst", "stopsFirst"] as const;
const CLOSINGS = ["execute", "report"] as const;
const NO_OPTIONS: TickOptions = {};
const OPTION_FIELDS: readonly (keyof TickOptions)[] = [
  "time",
  "indexPrices",
  "funding",
  "order",
  "stops",
];
const COMMAND_FIELDS: readonly (keyof TickCommand)[] = ["type", "marks", ...OPTION_FIELDS];
const MARK_FIELDS: readonly string[] = ["price", "time"];

/** A tick whose prices stand in the state's rows. */
export interface TickTerms {
  /** How many markets move. */
  readonly marks: number;
  readonly time: number | undefined;
  readonly order: (typeof ORDERS)[number];
  readonly execute: boolean;
  readonly funding: TickOptions["funding"];
  readonly path: string;
}

/** Reads the tick and carries it out. */
export function tickBySymbol(
  state: EngineState,
  marks: Readonly<Record<string, TickMark>>,
  options: TickOptions = NO_OPTIONS,
  path = "tick",
  fields: readonly string[] = OPTION_FIELDS,
): TickResult {
  const { ticks } = state;
  requireObject(marks, `${path}.marks`);
  checkFields(options, fields, path);
  const time = readTickTime(state, options, path);
  ticks.begin();
  for (const symbol of Object.keys(marks)) addMark(state, symbol, marks[symbol], time, path);
  return runTick(state, readTerms(state, options, ticks.count, time, path));
}

/** The tick by indices of markets and price units. */
export function tickByIndex(
  state: EngineState,
  markets: ArrayLike<number>,
  prices: ArrayLike<number>,
  count: number,
  options: TickOptions = NO_OPTIONS,
): TickResult {
  const { ticks } = state;
  requireInteger(count, 0, Math.min(markets.length, prices.length), "count");
  checkFields(options, OPTION_FIELDS, "tick");
  const time = readTickTime(state, options, "tick");
  ticks.begin();
  for (let row = 0; row < count; row++) addRow(state, ticks, markets[row], prices[row], row);
  return runTick(state, readTerms(state, options, count, time, "tick"));
}

export function tick(state: EngineState, command: TickCommand, path: string): EngineEvent[] {
  const result = tickBySymbol(state, command.marks, command, path, COMMAND_FIELDS);
  const { time } = result;
  return [{ type: "ticked", marks: result.marks, time }, ...result.events()];
}

/** Refuses options that nobody reads. Counted first, because a tick takes about a microsecond: as many as are known and given are all. */
function checkFields(options: TickOptions, fields: readonly string[], path: string): void {
  requireObject(options, path);
  const { time, indexPrices, funding, order, stops } = options;
  const known =
    Number(time !== undefined) +
    Number(indexPrices !== undefined) +
    Number(funding !== undefined) +
    Number(order !== undefined) +
    Number(stops !== undefined);
  if (Object.keys(options).length !== known) refuseUnknownFields(options, fields, path);
}

function readTickTime(state: EngineState, { time }: TickOptions, path: string): number | undefined {
  if (time === undefined) return undefined;
  const last = state.ticks.time;
  const now = readTime(time, `${path}.time`);
  if (last === undefined || now >= last) return now;
  return refuse(
    "STALE_MARK",
    "must not be before the last tick",
    `${path}.time`,
    time,
    `that was at ${last}`,
  );
}

function readTerms(
  state: EngineState,
  options: TickOptions,
  marks: number,
  time: number | undefined,
  path: string,
): TickTerms {
  const { order, stops, funding, indexPrices } = options;
  if (indexPrices !== undefined) addIndexPrices(state, indexPrices, path);
  if (funding !== undefined && time === undefined) {
    refuse("BAD_VALUE", "is needed to settle funding", `${path}.time`, time);
  }
  return {
    marks,
    time,
    order:
      order === undefined ? state.rules.tickOrder : requireWord(order, ORDERS, `${path}.order`),
    execute: stops === undefined || requireWord(stops, CLOSINGS, `${path}.stops`) === "execute",
    funding,
    path,
  };
}

function markPath(path: string, symbol: string): string {
  return `${path}.marks[${JSON.stringify(symbol)}]`;
}

function addMark(
  state: EngineState,
  symbol: string,
  given: TickMark | undefined,
  time: number | undefined,
  path: string,
): void {
  const market = state.findMarket(symbol) ?? state.market(symbol, markPath(path, symbol));
  let price: DecimalLike;
  if (typeof given === "object" && given !== null) {
    const place = markPath(path, symbol);
    refuseUnknownFields(given, MARK_FIELDS, place);
    price = given.price;
    checkAge(state, given.time, time, place);
  } else {
    price = given as DecimalLike;
  }
  state.ticks.add(market.slot, priceUnits(market, price, path));
}

function priceUnits(market: EngineMarket, price: DecimalLike, path: string): number {
  const units = parseSmallDecimal(price, market.priceDecimals);
  if (units >= 1 && units <= market.maxPrice) return units;
  return readPrice(market, price, markPath(path, market.symbol));
}

function checkAge(state: EngineState, seen: unknown, time: number | undefined, path: string): void {
  const at = readTime(seen, `${path}.time`);
  const { markMaxAgeMs } = state.rules;
  if (markMaxAgeMs === null) return;
  if (time === undefined) {
    refuse("BAD_VALUE", "has an age only in a tick that says its time", `${path}.time`, seen);
  }
  if (time - at <= markMaxAgeMs) return;
  const message = `must be at most ${markMaxAgeMs} ms old at ${time}`;
  refuse("STALE_MARK", message, `${path}.time`, seen);
}

function addRow(
  state: EngineState,
  ticks: TickRows,
  index: number | undefined,
  price: number | undefined,
  row: number,
): void {
  const market = state.markets[index as number];
  if (market === undefined) {
    refuse("UNKNOWN_SYMBOL", "no market has this index", `tick.markets[${row}]`, index);
  }
  const { slot, maxPrice } = market;
  if (!(Number.isInteger(price) && (price as number) >= 1 && (price as number) <= maxPrice)) {
    const message = `must be a whole number of price units, 1 to ${maxPrice}`;
    refuse("OUT_OF_RANGE", message, `tick.prices[${row}]`, price);
  }
  if (!ticks.add(slot, price as number)) {
    refuse("BAD_VALUE", "is in the tick already", `tick.markets[${row}]`, market.symbol);
  }
}

function addIndexPrices(
  state: EngineState,
  prices: Readonly<Record<string, DecimalLike>>,
  path: string,
): void {
  for (const [coin, price] of readIndexPrices(state, prices, `${path}.indexPrices`)) {
    state.ticks.add(coin.slot, price);
  }
}
