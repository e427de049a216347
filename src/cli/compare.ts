// Compares the kernel with the BigInt reference, pool by pool: the figures and the verdict of every pool,
// the list of a scan, and for a sample the prices and shocks that searches find. Collects what differs.
import type { RiskEngine } from "../engine/engine.ts";
import { RiskError } from "../errors.ts";
import type { Direction, PoolFigures, PoolState } from "../model.ts";
import {
  referenceBankruptcyPrice,
  referenceJointShock,
  referenceLiquidationPrice,
  referencePoolFigures,
} from "../reference/index.ts";

/** A disagreement. */
export interface Mismatch {
  readonly account: string;
  readonly pool: number;
  readonly figure: string;
  readonly kernel: string;
  readonly reference: string;
}

export interface Comparison {
  /** Pools with a position or coins as collateral whose figures and verdict were compared. */
  readonly pools: number;
  readonly liquidatable: number;
  /** Pools whose liquidation prices, bankruptcy prices and joint shock were compared too. */
  readonly searched: number;
  readonly mismatches: number;
  /** The first ones. */
  readonly shown: readonly Mismatch[];
}

const SHOWN_MISMATCHES = 20;
const FIGURES = [
  "equity",
  "maintenanceMargin",
  "initialMargin",
  "closeFee",
  "clearance",
  "liquidatable",
] as const satisfies readonly (keyof PoolFigures)[];

/** The value, or the code of the RiskError in its place: refusals must agree too. */
function outcome<Value>(compute: () => Value): Value | string {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RiskError) return `refused: ${error.code}`;
    throw error;
  }
}

function accountOf(engine: RiskEngine, pool: number): string {
  let left = engine.kernel.owner(pool);
  for (const id of engine.accountIds()) {
    if (left === 0) return id;
    left -= 1;
  }
  return "?";
}

class Comparer {
  readonly #engine: RiskEngine;
  readonly #inclusive: boolean;
  readonly shown: Mismatch[] = [];
  mismatches = 0;

  constructor(engine: RiskEngine) {
    this.#engine = engine;
    this.#inclusive = engine.rules.triggerInclusive;
  }

  #expectSame(pool: number, figure: string, kernel: unknown, reference: unknown): void {
    const [found, expected] = [String(kernel), String(reference)];
    if (found === expected) return;
    this.mismatches += 1;
    if (this.shown.length >= SHOWN_MISMATCHES) return;
    const account = accountOf(this.#engine, pool);
    this.shown.push({ account, pool, figure, kernel: found, reference: expected });
  }

  /** Compares a pool's figures; true if the reference says it is liquidatable. */
  figures(pool: number, state: PoolState, scanned: boolean): boolean {
    const { kernel } = this.#engine;
    const found = outcome(() => kernel.poolFigures(pool));
    const expected = outcome(() => referencePoolFigures(state, this.#inclusive));
    if (typeof expected === "string" || typeof found === "string") {
      const text = (side: PoolFigures | string) => (typeof side === "string" ? side : "figures");
      this.#expectSame(pool, "figures", text(found), text(expected));
      return false;
    }
    for (const figure of FIGURES) {
      if (found[figure] !== expected[figure]) {
        this.#expectSame(pool, figure, found[figure], expected[figure]);
      }
    }
    if (scanned !== expected.liquidatable) {
      this.#expectSame(pool, "listed by the scan", scanned, expected.liquidatable);
    }
    return expected.liquidatable;
  }

  /** Compares what the searches find for a pool. */
  searches(pool: number, state: PoolState): void {
    const { kernel } = this.#engine;
    const inclusive = this.#inclusive;
    for (const slot of new Set(state.legs.map((leg) => leg.priceSlot))) {
      for (const direction of ["down", "up"] as const satisfies readonly Direction[]) {
        this.#expectSame(
          pool,
          `liquidation price ${direction} at price slot ${slot}`,
          outcome(() => kernel.liquidationPrice(pool, slot, direction)),
          outcome(() => referenceLiquidationPrice(state, slot, direction, inclusive)),
        );
        this.#expectSame(
          pool,
          `bankruptcy price ${direction} at price slot ${slot}`,
          outcome(() => kernel.bankruptcyPrice(pool, slot, direction)),
          outcome(() => referenceBankruptcyPrice(state, slot, direction)),
        );
      }
    }
    this.#expectSame(
      pool,
      "joint shock",
      outcome(() => kernel.jointShock(pool)),
      outcome(() => referenceJointShock(state, inclusive)),
    );
  }
}

/**
 * Compares every pool that has a position or coins as collateral at the marks as they stand, and `sample` of them, evenly spread,
 * in their searches too.
 */
export function compareWithReference(
  engine: RiskEngine,
  sample: number,
  onProgress: (pools: number) => void,
): Comparison {
  const { kernel } = engine;
  const comparer = new Comparer(engine);
  const scanned = new Set<number>(engine.scan().handles);
  const total = kernel.poolCount;
  const step = sample === 0 ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(total / sample));
  const counts = { pools: 0, liquidatable: 0, searched: 0 };
  let untilSearch = 0;
  kernel.forEachPool((pool) => {
    untilSearch -= 1;
    if (kernel.legCount(pool) === 0) return;
    const state = kernel.poolState(pool);
    if (comparer.figures(pool, state, scanned.has(pool))) counts.liquidatable += 1;
    if (untilSearch <= 0 && counts.searched < sample) {
      comparer.searches(pool, state);
      counts.searched += 1;
      untilSearch = step;
    }
    counts.pools += 1;
    if (counts.pools % 1000 === 0) onProgress(counts.pools);
  });
  return { ...counts, mismatches: comparer.mismatches, shown: comparer.shown };
}
