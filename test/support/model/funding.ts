// settleFunding: one funding period over the whole book: who pays, from what, and what a venue lets off.
import type { Command, FundingRate } from "../../../src/types.ts";
import { availableForFunding } from "./admission.ts";
import {
  type Account,
  addFlow,
  addToWallet,
  type Book,
  type Market,
  markedMarket,
  marketOf,
  markOf,
  type Position,
} from "./book.ts";
import { absolute, floorOf, larger, notionalOf, type Ratio, scaled, smaller } from "./exact.ts";
import { crossFigures, inMarketOrder, isolatedFigures } from "./pools.ts";
import { must, refuse } from "./refusal.ts";
import { amountOf, positiveAmount } from "./wallets.ts";

const RATE_UNIT = 10n ** 12n;

interface Terms {
  readonly market: Market;
  /** Parts of 10^12. */
  readonly rate: bigint;
  readonly price: bigint;
}

function readRate(book: Book, symbol: string, given: FundingRate): Terms {
  const market = markedMarket(book, symbol);
  if (book.rules.fundingPrice === "mark") {
    return { market, rate: amountOf(given), price: markOf(book, market) };
  }
  if (typeof given !== "object" || given === null) return refuse("BAD_VALUE");
  return { market, rate: amountOf(given.rate), price: positiveAmount(given.price) };
}

/** What the account receives for a position; negative: pays. Longs pay positive rates, in coin-margined markets too. */
function creditOf(book: Book, terms: Terms, position: Position): bigint {
  const notional: Ratio = notionalOf(terms.market.terms, position.quantity, terms.price);
  const rate = position.quantity > 0n ? -terms.rate : terms.rate;
  const exact = scaled(notional, rate, RATE_UNIT);
  if (book.rules.fundingRounding === "down") return floorOf(exact);
  return exact.numerator / exact.denominator;
}

/** What capped funding may take of a clearance: where equality liquidates, one unit stays. */
function payableOf(book: Book, clearance: bigint): bigint {
  return larger(0n, book.rules.triggerInclusive ? clearance - 1n : clearance);
}

/** Takes a debit (above 0) from an isolated position and says how much of it was paid. */
function payIsolated(book: Book, account: Account, position: Position, debit: bigint): bigint {
  const source = book.rules.isolatedFundingSource;
  const { settle } = marketOf(book, position.symbol);
  if (source === "position") {
    position.margin -= debit;
    return debit;
  }
  const spare = payableOf(book, isolatedFigures(book, position).clearance);
  const fromWallet = smaller(debit, availableForFunding(book, account, settle));
  const rest = debit - fromWallet;
  const fromMargin = source === "walletFirst" ? rest : smaller(rest, spare);
  addToWallet(account, settle, -fromWallet);
  position.margin -= fromMargin;
  return fromWallet + fromMargin;
}

/** The cross positions of one pool, all at once. */
function settleCross(
  book: Book,
  account: Account,
  settle: string,
  credits: readonly bigint[],
): void {
  const received = credits.reduce((sum, credit) => sum + larger(credit, 0n), 0n);
  const owed = credits.reduce((sum, credit) => sum - smaller(credit, 0n), 0n);
  addToWallet(account, settle, received);
  const capped = book.rules.isolatedFundingSource === "walletFirstCapped";
  const paid = capped
    ? smaller(owed, payableOf(book, crossFigures(book, account, settle).clearance))
    : owed;
  addToWallet(account, settle, -paid);
  addFlow(book, settle, "funding", received - paid);
}

function settleAccount(book: Book, account: Account, terms: ReadonlyMap<string, Terms>): void {
  const concerned = inMarketOrder(book, account).flatMap((position) => {
    const found = terms.get(position.symbol);
    if (found === undefined) return [];
    const credit = creditOf(book, found, position);
    return [{ position, settle: found.market.settle, credit }];
  });
  for (const { code } of book.assets) {
    const credits = concerned
      .filter(({ position, settle }) => position.mode === "cross" && settle === code)
      .map(({ credit }) => credit);
    if (credits.length > 0) settleCross(book, account, code, credits);
  }
  const isolated = concerned.filter(({ position }) => position.mode === "isolated");
  for (const { position, settle, credit } of isolated) {
    if (credit <= 0n) continue;
    position.margin += credit;
    addFlow(book, settle, "funding", credit);
  }
  for (const { position, settle, credit } of isolated) {
    if (credit >= 0n) continue;
    const paid = payIsolated(book, account, position, absolute(credit));
    addFlow(book, settle, "funding", -paid);
  }
}

export function settleFunding(
  book: Book,
  command: Extract<Command, { readonly type: "settleFunding" }>,
): void {
  const terms = new Map<string, Terms>();
  for (const [symbol, given] of Object.entries(command.rates)) {
    const found = readRate(book, symbol, given);
    must(absolute(found.rate) <= RATE_UNIT, "OUT_OF_RANGE");
    const last = book.fundingTimes.get(symbol);
    must(last === undefined || command.time > last, "STALE_FUNDING");
    terms.set(symbol, found);
  }
  for (const account of book.accounts.values()) settleAccount(book, account, terms);
  for (const symbol of terms.keys()) book.fundingTimes.set(symbol, command.time);
}
