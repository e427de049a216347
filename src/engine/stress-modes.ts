// Cross against isolated for a whole book: the same positions as they are, all cross and all isolated under the same scenarios. The conversions are
// those of compareModes (mode-variants.ts), account by account, loaded as two books of their own; a position that falls here and
// stands isolated, at the same prices, was pulled down by others.
import { formatDecimal } from "../decimal.ts";
import type { AccountDefinition, BookDocument } from "../types.ts";
import type { ModeVariantName } from "./compare-modes.ts";
import { allCrossBook, allIsolatedBook } from "./mode-variants.ts";
import { emptyRecord } from "./order.ts";
import { scanTrial } from "./scan.ts";
import { settleOf } from "./scope.ts";
import type { EngineState } from "./state.ts";
import { type StressOutcome, stress } from "./stress.ts";
import { readScenarios, type ShockedPrice, type StressScenario } from "./stress-scenarios.ts";
import { accountDefinition, bookHeader } from "./to-book.ts";

/** What a scenario does to a book in one mode. */
export interface StressMode extends Omit<StressOutcome, "markets" | "top"> {
  /** By settle asset: Σ max(0, equity at the marks) of the scopes that fall, all of which a liquidation may take. */
  readonly lost: Readonly<Record<string, string>>;
  /** Positions that fall here and stand in the all-isolated book at the same prices. */
  readonly contagion: number;
  /** Positions that stand here and fall in the all-isolated book. */
  readonly carried: number;
}

/** One scenario three ways. */
export type StressModesOutcome = Readonly<Record<ModeVariantName, StressMode>> & {
  readonly name: string;
};

export interface StressModes {
  /** Accounts whose wallets could not give every position its initial margin in the all-isolated book: their margins are smaller by one share. */
  readonly scaled: number;
  readonly scenarios: readonly StressModesOutcome[];
}

type LoadBook = (book: BookDocument) => EngineState;

interface Variants {
  readonly scaled: number;
  readonly allCross: EngineState;
  readonly allIsolated: EngineState;
}

/** Stops and orders are left out: no scenario closes or fills. */
function bareDefinition(state: EngineState, id: string, account: number): AccountDefinition {
  const { stops: _stops, orders: _orders, ...rest } = accountDefinition(state, id, account);
  return rest;
}

function buildVariants(state: EngineState, load: LoadBook): Variants {
  const { tickTime: _time, ...header } = bookHeader(state, state.markets);
  const cross: AccountDefinition[] = [];
  const isolated: AccountDefinition[] = [];
  let scaled = 0;
  for (const [id, account] of state.accounts.entries()) {
    const book = { ...header, accounts: [bareDefinition(state, id, account)] };
    const alone = allIsolatedBook(state, book);
    scaled += alone.scaled ? 1 : 0;
    isolated.push(...alone.book.accounts);
    cross.push(...allCrossBook(state, book).book.accounts);
  }
  return {
    scaled,
    allCross: load({ ...header, accounts: cross }),
    allIsolated: load({ ...header, accounts: isolated }),
  };
}

/** A book in one mode, its positions numbered as in the others: by account in the order of opening, market, side. */
class Variant {
  readonly state: EngineState;
  readonly positions: number;
  readonly #positionOf: Map<number, number> = new Map();
  readonly #equities: Map<number, bigint> = new Map();
  readonly #prices: readonly (readonly ShockedPrice[])[];

  constructor(state: EngineState, scenarios: readonly StressScenario[]) {
    this.state = state;
    this.#prices = readScenarios(state, scenarios, "scenarios").map(({ prices }) => prices);
    let next = 0;
    for (const [, account] of state.accounts.entries()) {
      const legs = state.pools(account).flatMap((pool) => state.legs(pool));
      const ranked = legs.map((leg) => ({ leg, rank: this.#rank(leg) }));
      ranked.sort((a, b) => a.rank - b.rank);
      for (const { leg } of ranked) this.#positionOf.set(leg, next++);
    }
    this.positions = next;
  }

  #rank(leg: number): number {
    const short = this.state.kernel.quantity(leg) < 0;
    return this.state.marketOfLeg(leg).index * 2 + (short ? 1 : 0);
  }

  /** Which positions fall in a scenario, and what their scopes had at the marks by asset. */
  fate(scenario: number): { readonly fallen: Uint8Array; readonly lost: Record<string, string> } {
    const { state } = this;
    const fallen = new Uint8Array(this.positions);
    const lost = state.assets.map(() => 0n);
    for (const pool of scanTrial(state, this.#prices[scenario] ?? []).handles) {
      const asset = settleOf(state, pool);
      lost[asset] = (lost[asset] ?? 0n) + this.#equity(pool);
      for (const leg of state.legs(pool)) fallen[this.#positionOf.get(leg) ?? -1] = 1;
    }
    const told = emptyRecord<string>();
    for (const { index, code, decimals } of state.assets) {
      const sum = lost[index] ?? 0n;
      if (sum !== 0n) told[code] = formatDecimal(sum, decimals);
    }
    return { fallen, lost: told };
  }

  /** max(0, equity at the marks) */
  #equity(pool: number): bigint {
    let equity = this.#equities.get(pool);
    if (equity === undefined) {
      equity = this.state.kernel.poolFigures(pool).equity;
      if (equity < 0n) equity = 0n;
      this.#equities.set(pool, equity);
    }
    return equity;
  }
}

function countOnly(here: Uint8Array, there: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < here.length; at++) if (here[at] === 1 && there[at] === 0) count++;
  return count;
}

/**
 * Stress in three margin modes. Changes nothing. Holds the book's accounts as plain data while it builds the two others: meant for up to
 * some hundred thousand accounts.
 *
 * @throws RiskError as stress
 */
export function stressModes(
  state: EngineState,
  scenarios: readonly StressScenario[],
  load: LoadBook,
): StressModes {
  // A scenario that cannot be read is refused before anything is built.
  readScenarios(state, scenarios, "scenarios");
  const { scaled, allCross, allIsolated } = buildVariants(state, load);
  const states = { asIs: state, allCross, allIsolated };
  const told = {
    asIs: stress(states.asIs, scenarios, { markets: false }),
    allCross: stress(states.allCross, scenarios, { markets: false }),
    allIsolated: stress(states.allIsolated, scenarios, { markets: false }),
  };
  const variants = {
    asIs: new Variant(states.asIs, scenarios),
    allCross: new Variant(states.allCross, scenarios),
    allIsolated: new Variant(states.allIsolated, scenarios),
  };
  const outcomes = told.asIs.map(({ name }, index): StressModesOutcome => {
    const alone = variants.allIsolated.fate(index);
    const mode = (which: ModeVariantName): StressMode => {
      const { fallen, lost } = which === "allIsolated" ? alone : variants[which].fate(index);
      const { markets: _markets, top: _top, ...outcome } = told[which][index] as StressOutcome;
      const contagion = countOnly(fallen, alone.fallen);
      return { ...outcome, lost, contagion, carried: countOnly(alone.fallen, fallen) };
    };
    return {
      name,
      asIs: mode("asIs"),
      allCross: mode("allCross"),
      allIsolated: mode("allIsolated"),
    };
  });
  return { scaled, scenarios: outcomes };
}
