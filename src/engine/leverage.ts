// Which leverage a venue admits: the cap of the market in this margin mode, and the cap of the bracket that the
// position's entry notional falls in. These are rules of admission: trades are held to them, imports are not.
import { formatDecimal } from "../decimal.ts";
import { LEVERAGE_DENOMINATOR } from "../model.ts";
import type { MarginMode } from "../types.ts";
import { refuse } from "./read.ts";
import type { EngineMarket, EngineState, EngineTable } from "./state.ts";

/** Refuses a fraction of a leverage where the venue takes whole numbers only; 0 (none) is whole. */
export function checkLeverageForm(
  state: EngineState,
  leverageMilli: number,
  path: string,
  given: unknown,
): void {
  if (!state.rules.integerLeverage || leverageMilli % LEVERAGE_DENOMINATOR === 0) return;
  refuse("LEVERAGE", "must be a whole number in this profile", path, given);
}

/** Index of the bracket that an unsigned notional falls in. */
export function bracketOf(table: EngineTable, notional: bigint): number {
  const { brackets } = table.table;
  let index = brackets.length - 1;
  while (index > 0 && (brackets[index]?.floor ?? 0n) > notional) index--;
  return index;
}

/**
 * Refuses a position above the last bracket's cap or above a leverage cap; leverage 0 (none) is under every cap.
 *
 * @throws RiskError OUT_OF_RANGE with the values.
 */
export function checkLeverage(
  state: EngineState,
  market: EngineMarket,
  position: {
    readonly quantity: number;
    readonly cost: bigint;
    readonly mode: MarginMode;
    readonly leverageMilli: number;
  },
  path: string,
): void {
  const { quantity, cost, mode, leverageMilli } = position;
  const table = state.tableFor(market, quantity);
  const notional = cost < 0n ? -cost : cost;
  const last = table.caps.at(-1) ?? null;
  const shownNotional = formatDecimal(notional, market.settleDecimals);
  if (last !== null && notional > last) {
    const most = formatDecimal(last, market.settleDecimals);
    refuse(
      "OUT_OF_RANGE",
      `the position's notional would exceed the last bracket's cap of ${most}`,
      `${path}.amount`,
      shownNotional,
    );
  }
  if (table.toUnits !== null && Math.abs(quantity) > table.toUnits) {
    const most = formatDecimal(table.toUnits, market.amountDecimals);
    const size = formatDecimal(Math.abs(quantity), market.amountDecimals);
    const message = `the position would exceed the last tier's ${most} contracts`;
    refuse("OUT_OF_RANGE", message, `${path}.amount`, size);
  }
  const shown = formatDecimal(leverageMilli, 3);
  const modeCap = market.maxLeverageMilli[mode];
  if (modeCap !== 0 && leverageMilli > modeCap) {
    const message = `${mode} positions in ${market.symbol} may have at most ${formatDecimal(modeCap, 3)}x`;
    refuse("OUT_OF_RANGE", message, `${path}.leverage`, shown);
  }
  const bracket = bracketOf(table, notional);
  const bracketCap = table.maxLeverageMilli[bracket] ?? 0;
  if (bracketCap !== 0 && leverageMilli > bracketCap) {
    // Tiers by contract count are one table each, tiers by notional brackets of one table.
    const tier = market.tables.indexOf(table) + bracket + 1;
    const message = `tier ${tier} at a notional of ${shownNotional} may have at most ${formatDecimal(bracketCap, 3)}x`;
    refuse("OUT_OF_RANGE", message, `${path}.leverage`, shown);
  }
}
