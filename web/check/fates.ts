// What three ways to hold the same positions leave at some prices, by the rule of compare-modes.ts: a liquidatable scope counts 0, any
// other its equity. Asked on every move of a slider, so it works on scope handles and loads nothing.
import { MODE_VARIANTS, type ModeVariantName } from "../../src/engine/compare-modes.ts";
import type { CheckModel, Variant } from "./model.ts";

/** What one variant comes to at the prices its engine stands at. */
export interface Fate {
  /** By settle asset in its smallest units: Σ of the equity of scopes that stand. */
  readonly left: ReadonlyMap<string, bigint>;
  /** Keys of positions whose scope is liquidatable. */
  readonly fallen: ReadonlySet<string>;
  /** Positions that fall here and stand where all are isolated: pulled down by others. */
  readonly contagion: readonly string[];
  /** Positions that stand here and fall where all are isolated: carried by others, or by the wallet. */
  readonly carried: readonly string[];
}

export type Fates = Readonly<Record<ModeVariantName, Fate>>;

type Bare = Pick<Fate, "left" | "fallen">;

function bareFate({ scopes }: Variant): Bare {
  const left = new Map<string, bigint>();
  const fallen = new Set<string>();
  for (const { view, handle, positions } of scopes) {
    const { equity, liquidatable } = handle.figures();
    left.set(view.settle, (left.get(view.settle) ?? 0n) + (liquidatable ? 0n : equity));
    if (liquidatable) for (const key of positions) fallen.add(key);
  }
  return { left, fallen };
}

/** Fates at the prices that the model stands at. */
export function fatesOf(model: CheckModel): Fates {
  const bare = Object.fromEntries(
    MODE_VARIANTS.map((name) => [name, bareFate(model.variants[name])]),
  ) as Record<ModeVariantName, Bare>;
  const alone = bare.allIsolated.fallen;
  const keys = model.variants.asIs.scopes.flatMap(({ positions }) => positions);
  const whole = ({ left, fallen }: Bare): Fate => ({
    left,
    fallen,
    contagion: keys.filter((key) => fallen.has(key) && !alone.has(key)),
    carried: keys.filter((key) => !fallen.has(key) && alone.has(key)),
  });
  return {
    asIs: whole(bare.asIs),
    allCross: whole(bare.allCross),
    allIsolated: whole(bare.allIsolated),
  };
}

/** What is left in one asset, as a number for drawing. */
export function leftNumber({ left }: Fate, settle: string, decimals: number): number {
  return Number(left.get(settle) ?? 0n) / 10 ** decimals;
}
