// What one liquidate command carries from scope to scope: its rules, the prices that closes fill at, and the insurance funds' changes.
import { formatDecimal } from "../../decimal.ts";
import type { Kernel } from "../../kernel.ts";
import { MAX_AMOUNT } from "../../model.ts";
import type { EngineEvent } from "../../types.ts";
import { entryPriceNearest } from "../arithmetic.ts";
import { refuse } from "../read.ts";
import type { EngineMarket, EngineState, PositionReference } from "../state.ts";
import { slippedPrice } from "../tick-execute.ts";
import type { Transaction } from "../transaction.ts";
import type { Counterparties } from "./counterparties.ts";
import type { LiquidationRules } from "./policies.ts";

const E9 = 1_000_000_000n;

/** dYdX's limit price of a liquidation order, to the nearest unit; where what is left of the value is nothing the worst price there is. */
function fillablePrice(
  kernel: Kernel,
  market: EngineMarket,
  { pool, leg }: Pick<PositionReference, "pool" | "leg">,
  { adjustmentE9, spreadE9 }: NonNullable<LiquidationRules["fillable"]>,
): number {
  const scope = kernel.poolFigures(pool);
  const { value, maintenanceMargin } = kernel.legFigures(leg);
  // r = adjustment · (MM − equity) / MM as a fraction of 1e9 · MM, between 0 and 1.
  const whole = E9 * scope.maintenanceMargin;
  const asked = adjustmentE9 * (scope.maintenanceMargin - scope.equity);
  const part = asked < 0n ? 0n : asked > whole ? whole : asked;
  const worth = value - (part * spreadE9 * maintenanceMargin) / (whole * E9);
  const quantity = kernel.quantity(leg);
  if (worth > 0n !== value > 0n) return quantity > 0 ? 1 : market.maxPrice;
  return Number(entryPriceNearest(market.terms, quantity, worth));
}

/** What a command says beside its rules. */
export interface LiquidationTerms {
  /** ms since 1970. */
  readonly time?: number | undefined;
  /** Price units by slot: what closes are known to fill at. */
  readonly fillPrices?: ReadonlyMap<number, number>;
  readonly path: string;
}

export class LiquidationContext {
  readonly state: EngineState;
  readonly transaction: Transaction;
  readonly rules: LiquidationRules;
  readonly terms: LiquidationTerms;
  /** By market and side, ranked when they are first needed. */
  readonly counterparties: Map<string, Counterparties>;
  readonly #fundsBefore: Map<number, bigint> = new Map();

  constructor(
    state: EngineState,
    transaction: Transaction,
    rules: LiquidationRules,
    terms: LiquidationTerms,
    counterparties: Map<string, Counterparties> = new Map(),
  ) {
    this.state = state;
    this.transaction = transaction;
    this.rules = rules;
    this.terms = terms;
    this.counterparties = counterparties;
  }

  get time(): number | undefined {
    return this.terms.time;
  }

  get path(): string {
    return this.terms.path;
  }

  /**
   * The same within another transaction, for trials. At the bankruptcy price a position is worth the same to the fund, the venue and
   * counterparties, and nobody else's book has to be touched to find out.
   */
  within(transaction: Transaction): LiquidationContext {
    const { state, rules, terms, counterparties } = this;
    const deleverage = rules.deleverage && rules.adlPrice !== "bankruptcy";
    const trial = { ...rules, deleverage };
    return new LiquidationContext(state, transaction, trial, terms, counterparties);
  }

  /** An account has changed: what is known of it as a counterparty holds no longer, nor what will be found out before this is taken back. */
  changed(account: number): void {
    const forget = (): void => {
      for (const counterparties of this.counterparties.values()) counterparties.forget(account);
    };
    forget();
    this.transaction.onRollback(forget);
  }

  /** Price units at which a close of a position fills: as stated, else fillable, else the mark less slippage; 1 at the least. */
  fillPrice(market: EngineMarket, { pool, leg }: PositionReference): number {
    const { kernel } = this.state;
    const stated = this.terms.fillPrices?.get(market.slot);
    if (stated !== undefined) return stated;
    const side = kernel.quantity(leg) > 0 ? "long" : "short";
    const { fillable, slippageE8 } = this.rules;
    const price =
      fillable === null
        ? slippedPrice(kernel.mark(market.slot), side, slippageE8)
        : fillablePrice(kernel, market, { pool, leg }, fillable);
    return Math.min(Math.max(price, 1), market.maxPrice);
  }

  fund(asset: number): bigint {
    return this.state.insurance.balance(asset);
  }

  /** Pays into an asset's fund or, negative, out of it: never more than it holds. */
  changeFund(asset: number, change: bigint): void {
    if (change === 0n) return;
    const before = this.fund(asset);
    if (!this.#fundsBefore.has(asset)) this.#fundsBefore.set(asset, before);
    const after = before + change;
    if (after > MAX_AMOUNT) this.#refuseFund(asset, after);
    this.transaction.onRollback(this.state.insurance.setBalance(asset, after));
  }

  #refuseFund(asset: number, balance: bigint): never {
    const { code, decimals } = this.state.assetAt(asset);
    return refuse(
      "VALUE_OUT_OF_RANGE",
      "the fund would hold more than 63 bits of units",
      `${this.path}.insuranceFund[${JSON.stringify(code)}]`,
      formatDecimal(balance, decimals),
      "lower it with setInsuranceFund first",
    );
  }

  /** Of `needed`, what the fund pays and what is left for the venue to bear. */
  takeFromFund(
    asset: number,
    needed: bigint,
  ): { readonly paid: bigint; readonly uncovered: bigint } {
    const held = this.fund(asset);
    const paid = needed < held ? needed : held;
    this.changeFund(asset, -paid);
    const uncovered = needed - paid;
    if (uncovered !== 0n) this.transaction.book(asset, "uncovered", uncovered);
    return { paid, uncovered };
  }

  /** The funds that changed since the command began. */
  fundEvents(): EngineEvent[] {
    const events: EngineEvent[] = [];
    for (const [index, before] of this.#fundsBefore) {
      const { code, decimals } = this.state.assetAt(index);
      const balance = this.fund(index);
      if (balance === before) continue;
      events.push({
        type: "insuranceFundChanged",
        asset: code,
        balance: formatDecimal(balance, decimals),
        change: formatDecimal(balance - before, decimals),
      });
    }
    return events;
  }
}
