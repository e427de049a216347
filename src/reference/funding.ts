// One funding period in exact integers: what each leg pays or receives, who is charged for it, and what each price slot sums to. The
// definition of docs/numbers.md written down once more on plain data, to judge the kernel by; every figure is taken anew at every step.

import {
  FUNDING_DENOMINATOR,
  type FundingOptions,
  type FundingRate,
  type FundingTotal,
  type LegState,
  type PoolFigures,
  type PoolState,
} from "../model.ts";
import { divideCeil, divideFloor, exactNotional, requireAmount, requirePrice } from "./leg.ts";
import { markOf, referencePoolFigures, widePoolFigures } from "./pool.ts";

/** A pool, and the pools whose debits are charged to it first, in the order in which they are (ascending tags). */
export interface FundingGroup {
  readonly wallet: PoolState;
  readonly backed: readonly PoolState[];
}

/** Collateral after the period, in quote units. */
export interface FundedGroup {
  readonly wallet: bigint;
  readonly backed: readonly bigint[];
}

/** What a period leaves: collateral in the shape of the groups, sums in the order of the rates. */
export interface FundingOutcome {
  readonly groups: readonly FundedGroup[];
  readonly totals: readonly FundingTotal[];
}

/** {@link FundingOptions}, and the verdict's rule: equity equal to the requirement liquidates too. */
export interface ReferenceFundingOptions extends FundingOptions {
  readonly inclusive: boolean;
}

/** What one leg owes (`pays`) or receives. */
interface Payment {
  readonly slot: number;
  readonly pays: boolean;
  readonly amount: bigint;
}

interface Totals {
  paid: bigint;
  received: bigint;
  waived: bigint;
}

function sum(payments: readonly Payment[], pays: boolean): bigint {
  return payments.reduce((total, one) => (one.pays === pays ? total + one.amount : total), 0n);
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function atLeastZero(value: bigint): bigint {
  return value > 0n ? value : 0n;
}

function paymentOf(leg: LegState, rate: FundingRate, rounding: "down" | "towardZero"): Payment {
  const price = BigInt(rate.price);
  requirePrice(leg, price);
  const notional = exactNotional(leg, price);
  requireAmount("notional", notional.numerator / notional.denominator);
  const positive = rate.ratePico > 0n;
  const pays = leg.quantity > 0 === positive;
  const numerator = notional.numerator * (positive ? rate.ratePico : -rate.ratePico);
  const denominator = notional.denominator * BigInt(FUNDING_DENOMINATOR);
  const divide = pays && rounding === "down" ? divideCeil : divideFloor;
  return { slot: leg.priceSlot, pays, amount: divide(numerator, denominator) };
}

/** One period under way: nothing is changed but sums and the outcome. */
class Period {
  readonly #rates: ReadonlyMap<number, FundingRate>;
  readonly #options: ReferenceFundingOptions;
  readonly #totals: Map<number, Totals>;

  constructor(rates: readonly FundingRate[], options: ReferenceFundingOptions) {
    this.#rates = new Map(rates.map((rate) => [rate.slot, rate]));
    this.#options = options;
    this.#totals = new Map(
      rates.map(({ slot }) => [slot, { paid: 0n, received: 0n, waived: 0n } satisfies Totals]),
    );
  }

  payments(pool: PoolState): Payment[] {
    return pool.legs.flatMap((leg) => {
      const rate = this.#rates.get(leg.priceSlot);
      const moves = rate !== undefined && rate.ratePico !== 0n;
      return moves ? [paymentOf(leg, rate, this.#options.rounding)] : [];
    });
  }

  /** Refuses what could not be settled, before anything is. */
  check(pool: PoolState, wallet: PoolState | undefined): void {
    const payments = this.payments(pool);
    const credit = sum(payments, false);
    const debit = sum(payments, true);
    if (credit === 0n && debit === 0n) return;
    requireAmount("collateral", pool.collateral + credit);
    requireAmount("collateral", pool.collateral + credit - debit);
    const { source, inclusive } = this.#options;
    if (debit === 0n || source === "position") return;
    if (source === "walletFirstCapped") referencePoolFigures(pool, inclusive);
    if (wallet !== undefined) referencePoolFigures(wallet, inclusive);
  }

  /** Settles a group: the wallet's own legs, then what it is charged for, in order. */
  settle({ wallet, backed }: FundingGroup): FundedGroup {
    const settled = { ...wallet, collateral: this.#settlePool(wallet) };
    const after = backed.map((pool) => {
      const { collateral, fromWallet } = this.#settleBacked(pool, settled);
      settled.collateral -= fromWallet;
      return collateral;
    });
    return { wallet: settled.collateral, backed: after };
  }

  #settlePool(pool: PoolState): bigint {
    return this.#settleBacked(pool, undefined).collateral;
  }

  #settleBacked(
    pool: PoolState,
    wallet: PoolState | undefined,
  ): { readonly collateral: bigint; readonly fromWallet: bigint } {
    const payments = this.payments(pool);
    const credited = pool.collateral + sum(payments, false);
    const debit = sum(payments, true);
    const { source } = this.#options;
    const asksWallet = wallet !== undefined && source !== "position";
    const fromWallet = asksWallet ? smaller(debit, this.#available(wallet)) : 0n;
    let own = debit - fromWallet;
    if (source === "walletFirstCapped" && own > 0n) {
      const { clearance } = this.#figures({ ...pool, collateral: credited });
      // Where equality liquidates, one unit more must stay.
      own = smaller(own, atLeastZero(this.#options.inclusive ? clearance - 1n : clearance));
    }
    this.#post(payments, fromWallet + own);
    return { collateral: credited - own, fromWallet };
  }

  #figures(pool: PoolState): PoolFigures {
    return widePoolFigures(pool, this.#options.inclusive, markOf);
  }

  #available(wallet: PoolState): bigint {
    const { equity, initialMargin, liquidatable } = this.#figures(wallet);
    if (liquidatable) return 0n;
    return atLeastZero(smaller(wallet.collateral, equity - initialMargin));
  }

  /** Of the debits `payable` is paid, lower slots first; the rest is waived. */
  #post(payments: readonly Payment[], payable: bigint): void {
    let left = payable;
    for (const { slot, pays, amount } of [...payments].sort((a, b) => a.slot - b.slot)) {
      const totals = this.#totals.get(slot);
      if (totals === undefined) continue;
      if (pays) {
        const paid = smaller(amount, left);
        left -= paid;
        totals.paid += paid;
        totals.waived += amount - paid;
      } else totals.received += amount;
    }
  }

  totals(rates: readonly FundingRate[]): FundingTotal[] {
    const none: Totals = { paid: 0n, received: 0n, waived: 0n };
    return rates.map(({ slot }) => ({ slot, ...(this.#totals.get(slot) ?? none) }));
  }
}

/**
 * Settles one funding period over groups of pools. The slots of the rates are the legs' `priceSlot`; marks decide what is available.
 *
 * @throws RiskError VALUE_OUT_OF_RANGE where a notional at the funding price, a collateral, or a figure that decides who pays does not
 * fit a signed 64-bit amount, OUT_OF_RANGE for a price a slot cannot hold
 * @example
 * const rates = [{ slot: 0, ratePico: 100_000_000n, price: 6_000_000 }];
 * const options = { source: "position", rounding: "down", inclusive: false } as const;
 * referenceFunding([{ wallet: { collateral: 1_000n, legs: [leg] }, backed: [] }], rates, options).groups[0]?.wallet
 */
export function referenceFunding(
  groups: readonly FundingGroup[],
  rates: readonly FundingRate[],
  options: ReferenceFundingOptions,
): FundingOutcome {
  const period = new Period(rates, options);
  for (const { wallet, backed } of groups) {
    period.check(wallet, undefined);
    for (const pool of backed) period.check(pool, wallet);
  }
  return { groups: groups.map((group) => period.settle(group)), totals: period.totals(rates) };
}
