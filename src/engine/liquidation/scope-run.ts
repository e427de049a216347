// The liquidation of one scope, step by step until it stands, is empty, or its method leaves the rest for the next call. Each step closes
// at least one unit of a position and none is ever increased, so it ends.
import { formatDecimal } from "../../decimal.ts";
import type { PoolFigures } from "../../model.ts";
import type { EngineEvent } from "../../types.ts";
import { NO_POOL, tagMode } from "../accounts.ts";
import { removeOrder } from "../commands/orders.ts";
import { balanceEvent, balanceOf, openCrossPool } from "../commands/wallets.ts";
import { orderedLegs } from "../order.ts";
import { reconcileStops } from "../reconcile-stops.ts";
import { identifyPool, settleOf } from "../scope.ts";
import type { LiquidationContext } from "./context.ts";
import { sizeOfStep } from "./sizes.ts";
import { liquidateSlice, type Slice } from "./slice.ts";

/** Liquidates a scope; no events where it is not liquidatable. */
export function liquidateScope(context: LiquidationContext, pool: number): EngineEvent[] {
  const { kernel } = context.state;
  const before = kernel.poolFigures(pool);
  if (!before.liquidatable) return [];
  const account = kernel.owner(pool);
  const events = new ScopeRun(context, pool).run(before);
  context.changed(account);
  return events;
}

class ScopeRun {
  readonly #context: LiquidationContext;
  readonly #pool: number;
  readonly #account: number;
  readonly #id: string;
  readonly #asset: number;
  readonly #isolated: boolean;

  constructor(context: LiquidationContext, pool: number) {
    const { state } = context;
    this.#context = context;
    this.#pool = pool;
    this.#account = state.kernel.owner(pool);
    this.#id = state.accounts.id(this.#account) ?? "";
    this.#asset = settleOf(state, pool);
    this.#isolated = tagMode(state.kernel.tag(pool)) === "isolated";
  }

  run(before: PoolFigures): EngineEvent[] {
    const { state, transaction } = this.#context;
    const scope = identifyPool(state, this.#pool);
    const wallet = balanceOf(state, this.#account, this.#asset);
    const backstop = this.#isForBackstop(before);
    const events: EngineEvent[] = [
      {
        ...scope,
        type: "liquidationStarted",
        equity: this.#money(before.equity),
        maintenanceMargin: this.#money(before.maintenanceMargin),
        stage: backstop ? "backstop" : "market",
      },
      ...this.#cancelOrders(),
      ...(backstop ? this.#takeAll() : this.#closeStepwise()),
    ];
    const after = this.#figures();
    const open = state.legs(this.#pool).length > 0;
    const { insurance, uncovered } = open
      ? NOTHING
      : settleRest(this.#context, this.#pool, backstop);
    events.push({
      ...scope,
      type: "liquidationEnded",
      outcome: after.liquidatable ? "pending" : open ? "stands" : "closed",
      equity: this.#money(after.equity),
      maintenanceMargin: this.#money(after.maintenanceMargin),
      insurance: this.#money(insurance),
      uncovered: this.#money(uncovered),
    });
    const balance = balanceOf(state, this.#account, this.#asset);
    if (balance !== wallet) {
      const asset = state.assetAt(this.#asset);
      events.push(balanceEvent(this.#id, asset, balance, balance - wallet));
    }
    events.push(...reconcileStops(state, transaction, this.#account, "position"));
    return events;
  }

  #money(units: bigint): string {
    return formatDecimal(units, this.#context.state.assetAt(this.#asset).decimals);
  }

  #figures(): PoolFigures {
    return this.#context.state.kernel.poolFigures(this.#pool);
  }

  #isForBackstop({ equity, maintenanceMargin }: PoolFigures): boolean {
    const below = this.#context.rules.backstopBelow;
    if (below === null) return false;
    return equity * BigInt(below[1]) < maintenanceMargin * BigInt(below[0]);
  }

  /** Orders that the policy cancels before anything is closed. */
  #cancelOrders(): EngineEvent[] {
    const { state, transaction, rules } = this.#context;
    if (rules.cancelOrders === "none") return [];
    const events: EngineEvent[] = [];
    for (const row of state.orders.rows(this.#account)) {
      const { id: order, market } = state.orders.terms(row);
      if (rules.cancelOrders === "scope" && !this.#isOwnMarket(market)) continue;
      removeOrder(state, transaction, this.#account, row);
      events.push({ type: "orderChanged", account: this.#id, order, remaining: "0" });
    }
    return events;
  }

  /** Orders of a market fill its isolated position where there is one, else the wallet's. */
  #isOwnMarket(index: number): boolean {
    const { state } = this.#context;
    const market = state.marketAt(index);
    if (market.settle !== this.#asset) return false;
    const isolated = (["long", "short"] as const)
      .map((side) => state.isolatedPool(this.#account, market, side))
      .filter((pool) => pool !== NO_POOL);
    return this.#isolated ? isolated.includes(this.#pool) : isolated.length === 0;
  }

  /** The whole of a position. */
  #slice(leg: number): Slice {
    const { state } = this.#context;
    return {
      id: this.#id,
      account: this.#account,
      market: state.marketOfLeg(leg),
      position: { pool: this.#pool, leg, isolated: this.#isolated },
      size: Math.abs(state.kernel.quantity(leg)),
    };
  }

  /** Everything to the fund at what it is worth in a bankruptcy: the scope is left with nothing. */
  #takeAll(): EngineEvent[] {
    const { state } = this.#context;
    return orderedLegs(state, this.#pool).flatMap((leg) =>
      liquidateSlice(this.#context, this.#slice(leg), "takeOver"),
    );
  }

  #closeStepwise(): EngineEvent[] {
    const { rules, state, transaction, time } = this.#context;
    const events: EngineEvent[] = [];
    const all = rules.order === "allAtOnce";
    if (rules.order === "hedgedPairsFirst") events.push(...this.#offsetPairs());
    // All at once means whole positions whatever the figures in between say; else one look before each step.
    for (let leg = this.#nextLeg(all); leg !== undefined; leg = this.#nextLeg(all)) {
      const whole = this.#slice(leg);
      const { size, last, partial } = all
        ? { size: whole.size, last: false, partial: false }
        : sizeOfStep(this.#context, whole);
      events.push(...liquidateSlice(this.#context, { ...whole, size }, "market"));
      if (partial) transaction.onRollback(state.insurance.setPartial(this.#id, time));
      if (last) break;
    }
    return events;
  }

  /** The position that goes next; undefined where none has to. */
  #nextLeg(all: boolean): number | undefined {
    const { state } = this.#context;
    const legs = orderedLegs(state, this.#pool);
    const [first] = legs;
    if (first === undefined) return undefined;
    const { liquidatable, maintenanceMargin } = this.#figures();
    // What needs no margin cannot be judged: closed whole all the same.
    if (!liquidatable && !(all && maintenanceMargin > 0n)) return undefined;
    let [best, most] = [first, this.#weight(first)];
    for (const leg of legs) {
      const weight = this.#weight(leg);
      if (weight > most) [best, most] = [leg, weight];
    }
    return best;
  }

  /** What the order of positions goes by: the largest goes first. */
  #weight(leg: number): bigint {
    const { state, rules } = this.#context;
    const { maintenanceMargin, value } = state.kernel.legFigures(leg);
    return rules.order === "largestLoss" ? state.kernel.cost(leg) - value : maintenanceMargin;
  }

  /** What a long and a short of one market have in common closes at the mark, while the scope does not stand. */
  #offsetPairs(): EngineEvent[] {
    const { state } = this.#context;
    const { kernel } = state;
    const events: EngineEvent[] = [];
    const legs = orderedLegs(state, this.#pool);
    // Found before any is closed: a handle is good as long as its position.
    const pairs = legs.flatMap((long, place) => {
      const short = legs[place + 1];
      const paired = short !== undefined && kernel.legPrice(long) === kernel.legPrice(short);
      return paired ? [[long, short] as const] : [];
    });
    for (const pair of pairs) {
      if (!this.#figures().liquidatable) break;
      const sizes = pair.map((leg) => Math.abs(kernel.quantity(leg)));
      const size = Math.min(...sizes);
      for (const leg of pair) {
        if (this.#figures().maintenanceMargin === 0n) break;
        const slice = { ...this.#slice(leg), size };
        events.push(...liquidateSlice(this.#context, slice, "offset"));
      }
    }
    return events;
  }
}

const NOTHING = { insurance: 0n, uncovered: 0n };

/** No position is left: debts are covered, what remains goes where the policy says, and an isolated scope is gone. */
export function settleRest(
  context: LiquidationContext,
  pool: number,
  backstop: boolean,
): { readonly insurance: bigint; readonly uncovered: bigint } {
  const { state, transaction, rules, path } = context;
  const { kernel } = state;
  const { equity } = kernel.poolFigures(pool);
  const account = kernel.owner(pool);
  const asset = settleOf(state, pool);
  const collateral = kernel.collateral(pool);
  let [insurance, uncovered] = [0n, 0n];
  let left = collateral;
  if (equity < 0n) {
    const covered = context.takeFromFund(asset, -equity);
    insurance = -covered.paid;
    uncovered = covered.uncovered;
    left -= equity;
  } else if (collateral > 0n && (backstop || rules.leftover === "fund")) {
    context.changeFund(asset, collateral);
    insurance = collateral;
    left = 0n;
  }
  if (tagMode(kernel.tag(pool)) === "cross") {
    transaction.setCollateral(pool, left, `${path}.account`);
    return { insurance, uncovered };
  }
  if (left > 0n) {
    const wallet = openCrossPool(state, transaction, account, asset);
    transaction.setCollateral(wallet, kernel.collateral(wallet) + left, `${path}.account`);
  }
  transaction.removePool(account, pool);
  return { insurance, uncovered };
}
