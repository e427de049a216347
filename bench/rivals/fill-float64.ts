// Rival: the same trades in flat Float64Array columns, a fixed room of legs per account, everything in doubles and quote currency: the
// kernel's own rules in the best plain JavaScript we could write. What it gets wrong: nothing is rounded to quote units, so costs,
// results and fees drift from what a ledger may hold, and a pool within a few units of its margin may go either way.
import type { FillBatch } from "../../src/index.ts";
import { QUOTE_SCALE } from "../book.ts";
import { FEE_RATE_E8, type FillBook, LEG_ROOM, leverageCap, toCurrency } from "../fill-book.ts";
import type { FillRival } from "./fill-rival.ts";
import { type FlatTiers, flatTiers } from "./float-tiers.ts";

const FEE_RATE = FEE_RATE_E8 / 1e8;

/** The book in columns; the legs of account i are i · LEG_ROOM .. + legs[i]. */
class Columns {
  readonly collateral: Float64Array;
  readonly legs: Uint8Array;
  readonly market: Uint16Array;
  /** Signed, in contracts. */
  readonly quantity: Float64Array;
  readonly cost: Float64Array;
  readonly leverage: Float64Array;
  readonly marks: Float64Array;
  readonly divisors: Float64Array;
  readonly tiers: FlatTiers;
  /** By row of the tiers. */
  readonly caps: Float64Array;
  /** Sums of what a ledger keeps. */
  readonly longInterest: Float64Array;
  readonly shortInterest: Float64Array;
  fees = 0;
  traded = 0;

  constructor(book: FillBook) {
    const { pools, markets } = book;
    this.collateral = Float64Array.from(book.collateral, toCurrency);
    this.legs = new Uint8Array(pools);
    this.market = new Uint16Array(pools * LEG_ROOM);
    this.quantity = new Float64Array(pools * LEG_ROOM);
    this.cost = new Float64Array(pools * LEG_ROOM);
    this.leverage = new Float64Array(pools * LEG_ROOM);
    this.marks = book.marks.map((mark) => mark / QUOTE_SCALE);
    this.divisors = Float64Array.from(markets, ({ divisor }) => divisor);
    this.tiers = flatTiers(markets);
    this.caps = this.tiers.rates.map((rate) => leverageCap(Math.round(rate * 1e6)) / 1_000);
    this.longInterest = new Float64Array(markets.length);
    this.shortInterest = new Float64Array(markets.length);
    for (let pool = 0; pool < pools; pool++) this.#fill(book, pool);
  }

  #fill(book: FillBook, pool: number): void {
    const first = book.poolStart[pool] as number;
    const legs = (book.poolStart[pool + 1] as number) - first;
    this.legs[pool] = legs;
    for (let leg = 0; leg < legs; leg++) {
      const market = book.legMarket[first + leg] as number;
      const place = pool * LEG_ROOM + leg;
      this.market[place] = market;
      this.quantity[place] =
        (book.quantity[first + leg] as number) / (this.divisors[market] as number);
      this.cost[place] = toCurrency(book.cost[first + leg] as bigint);
      this.leverage[place] = (book.leverage[first + leg] as number) / 1_000;
    }
  }

  /** The row of the market's tier that a notional falls in. */
  tierOf(market: number, notional: number): number {
    const { starts, floors } = this.tiers;
    let tier = starts[market] as number;
    while (notional >= (floors[tier + 1] as number)) tier++;
    return tier;
  }

  /** True where the account's pool carries its positions. */
  stands(account: number): boolean {
    const { rates, amounts } = this.tiers;
    let equity = this.collateral[account] as number;
    let initial = 0;
    let maintenance = 0;
    const end = account * LEG_ROOM + (this.legs[account] as number);
    for (let place = account * LEG_ROOM; place < end; place++) {
      const market = this.market[place] as number;
      const value = (this.quantity[place] as number) * (this.marks[market] as number);
      const notional = Math.abs(value);
      const tier = this.tierOf(market, notional);
      maintenance += notional * (rates[tier] as number) - (amounts[tier] as number);
      initial += notional / ((this.leverage[place] as number) || (this.caps[tier] as number));
      equity += value - (this.cost[place] as number);
    }
    return equity >= initial && !(maintenance > 0 && equity < maintenance);
  }

  /** One trade in contracts and quote currency; false where it is refused. */
  trade(
    account: number,
    market: number,
    quantity: number,
    price: number,
    leverage: number,
  ): boolean {
    const first = account * LEG_ROOM;
    const end = first + (this.legs[account] as number);
    let place = first;
    while (place < end && this.market[place] !== market) place++;
    const isNew = place === end;
    const held = isNew ? 0 : (this.quantity[place] as number);
    const cost = isNew ? 0 : (this.cost[place] as number);
    const kept = isNew ? 0 : (this.leverage[place] as number);
    const collateral = this.collateral[account] as number;
    const after = held + quantity;
    const reduces = held !== 0 && held > 0 !== quantity > 0;
    const flips = reduces && after !== 0 && after > 0 === quantity > 0;
    const closed = reduces ? (flips ? held : -quantity) : 0;
    const removed = closed === 0 ? 0 : cost * (closed / held);
    const added = (quantity + closed) * price;
    const realized = closed * price - removed;
    const fee = Math.abs(quantity) * price * FEE_RATE;
    const chosen = leverage === 0 ? kept : leverage;
    const costAfter = cost - removed + added;
    this.collateral[account] = collateral + realized - fee;
    if (after === 0) {
      this.#remove(place, end - 1);
      this.legs[account] = end - first - 1;
    } else {
      this.market[place] = market;
      this.quantity[place] = after;
      this.cost[place] = costAfter;
      this.leverage[place] = chosen;
      if (isNew) this.legs[account] = end - first + 1;
      if (!reduces || flips) {
        const cap = this.caps[this.tierOf(market, Math.abs(costAfter))] as number;
        if (chosen > cap || !this.stands(account)) {
          this.collateral[account] = collateral;
          this.quantity[place] = held;
          this.cost[place] = cost;
          this.leverage[place] = kept;
          this.legs[account] = end - first;
          return false;
        }
      }
    }
    this.#count(market, held, -1);
    this.#count(market, after, 1);
    this.fees += fee;
    this.traded += realized + removed - added;
    return true;
  }

  #remove(place: number, last: number): void {
    this.market[place] = this.market[last] as number;
    this.quantity[place] = this.quantity[last] as number;
    this.cost[place] = this.cost[last] as number;
    this.leverage[place] = this.leverage[last] as number;
  }

  #count(market: number, quantity: number, change: number): void {
    const interest = quantity > 0 ? this.longInterest : this.shortInterest;
    interest[market] = (interest[market] as number) + change * Math.abs(quantity);
  }
}

/** Columns of doubles. */
export function createFloat64FillRival(book: FillBook, fills: number): FillRival {
  const columns = new Columns(book);
  const refused = new Uint8Array(fills);
  return {
    name: "Float64Array",
    exact: false,
    accounts: book.pools,
    refused,
    collateral: (account) => (columns.collateral[account] as number) * QUOTE_SCALE,
    run({ accounts, markets, quantities, prices, leverages }: FillBatch): number {
      let accepted = 0;
      for (let fill = 0; fill < accounts.length; fill++) {
        const market = markets[fill] as number;
        const taken = columns.trade(
          accounts[fill] as number,
          market,
          (quantities[fill] as number) / (columns.divisors[market] as number),
          (prices[fill] as number) / QUOTE_SCALE,
          (leverages?.[fill] ?? 0) / 1_000,
        );
        refused[fill] = taken ? 0 : 1;
        if (taken) accepted++;
      }
      return accepted;
    },
  };
}
