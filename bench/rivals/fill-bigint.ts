// Rival: the same trades on objects with BigInt amounts, exact to the last unit: how a careful JavaScript engine is usually written. It
// rounds as docs/accounts.md says and must agree with the kernel in every verdict and balance.
import type { FillBatch } from "../../src/index.ts";
import type { BracketTable } from "../../src/model.ts";
import { FEE_RATE_E8, type FillBook, leverageCap } from "../fill-book.ts";
import type { FillRival } from "./fill-rival.ts";

const FEE_RATE = BigInt(FEE_RATE_E8);
const FEE_UNITS = 100_000_000n;

interface Market {
  readonly divisor: bigint;
  readonly mark: bigint;
  readonly table: BracketTable;
}

interface Leg {
  readonly market: number;
  quantity: bigint;
  cost: bigint;
  leverage: bigint;
}

interface Account {
  collateral: bigint;
  readonly legs: Leg[];
}

function floor(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient;
}

function ceil(dividend: bigint, divisor: bigint): bigint {
  return -floor(-dividend, divisor);
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function bracketOf(table: BracketTable, notional: bigint): BracketTable["brackets"][number] {
  const { brackets } = table;
  let tier = brackets.length - 1;
  while (tier > 0 && (brackets[tier]?.floor ?? 0n) > notional) tier--;
  return brackets[tier] as BracketTable["brackets"][number];
}

function createAccount(book: FillBook, pool: number): Account {
  const legs: Leg[] = [];
  const end = book.poolStart[pool + 1] ?? 0;
  for (let leg = book.poolStart[pool] ?? 0; leg < end; leg++) {
    legs.push({
      market: book.legMarket[leg] ?? 0,
      quantity: BigInt(book.quantity[leg] ?? 0),
      cost: book.cost[leg] ?? 0n,
      leverage: BigInt(book.leverage[leg] ?? 0),
    });
  }
  return { collateral: book.collateral[pool] ?? 0n, legs };
}

/** True where the pool carries its positions. */
function stands(account: Account, markets: readonly Market[]): boolean {
  let equity = account.collateral;
  let initial = 0n;
  let maintenance = 0n;
  for (const { market, quantity, cost, leverage } of account.legs) {
    const { divisor, mark, table } = markets[market] as Market;
    const product = size(quantity) * mark;
    const bracket = bracketOf(table, product / divisor);
    const denominator = BigInt(table.rateDenominator);
    maintenance += ceil(
      product * BigInt(bracket.rate) - bracket.scaledAmount * divisor,
      divisor * denominator,
    );
    const margined = leverage === 0n ? BigInt(leverageCap(bracket.rate)) : leverage;
    initial += ceil(product * 1_000n, divisor * margined);
    equity += floor(quantity * mark, divisor) - cost;
  }
  return equity >= initial && !(maintenance > 0n && equity < maintenance);
}

/** One trade; false where it is refused. */
function trade(
  account: Account,
  markets: readonly Market[],
  market: number,
  quantity: bigint,
  price: bigint,
  stated: bigint,
): boolean {
  const { divisor, table } = markets[market] as Market;
  const found = account.legs.find((leg) => leg.market === market);
  const {
    quantity: held,
    cost,
    leverage: kept,
  } = found ?? { quantity: 0n, cost: 0n, leverage: 0n };
  const reduces = held !== 0n && held > 0n !== quantity > 0n;
  const closed = !reduces ? 0n : size(quantity) > size(held) ? held : -quantity;
  const opened = quantity + closed;
  const removed = closed === 0n ? 0n : ceil(cost * size(closed), size(held));
  const fee =
    ceil(size(closed) * price * FEE_RATE, divisor * FEE_UNITS) +
    ceil(size(opened) * price * FEE_RATE, divisor * FEE_UNITS);
  const before = account.collateral;
  account.collateral += floor(closed * price, divisor) - removed - fee;
  const costAfter = cost - removed + ceil(opened * price, divisor);
  const after = held + quantity;
  if (after === 0n) {
    account.legs.splice(account.legs.indexOf(found as Leg), 1);
    return true;
  }
  const leg = found ?? { market, quantity: 0n, cost: 0n, leverage: 0n };
  if (found === undefined) account.legs.push(leg);
  leg.quantity = after;
  leg.cost = costAfter;
  leg.leverage = stated === 0n ? kept : stated;
  if (opened === 0n) return true;
  const cap = BigInt(leverageCap(bracketOf(table, size(costAfter)).rate));
  if (leg.leverage <= cap && stands(account, markets)) return true;
  account.collateral = before;
  if (found === undefined) account.legs.pop();
  else Object.assign(leg, { quantity: held, cost, leverage: kept });
  return false;
}

/** Objects with BigInt amounts for the first accounts of the book. */
export function createBigIntFillRival(book: FillBook, fills: number, most: number): FillRival {
  const count = Math.min(book.pools, most);
  const accounts = Array.from({ length: count }, (_, pool) => createAccount(book, pool));
  const markets: Market[] = book.markets.map(({ divisor, table }, market) => ({
    divisor: BigInt(divisor),
    mark: BigInt(book.marks[market] ?? 0),
    table,
  }));
  const refused = new Uint8Array(fills);
  return {
    name: "BigInt objects",
    exact: true,
    accounts: count,
    refused,
    collateral: (account) => accounts[account]?.collateral ?? 0n,
    run(batch: FillBatch): number {
      let accepted = 0;
      for (let fill = 0; fill < batch.accounts.length; fill++) {
        const taken = trade(
          accounts[batch.accounts[fill] as number] as Account,
          markets,
          batch.markets[fill] as number,
          BigInt(batch.quantities[fill] as number),
          BigInt(batch.prices[fill] as number),
          BigInt(batch.leverages?.[fill] ?? 0),
        );
        refused[fill] = taken ? 0 : 1;
        if (taken) accepted++;
      }
      return accepted;
    },
  };
}
