// What an engine holds, counted. Notionals come from the open interest of each market, not from a pass over its legs.
import { formatDecimal } from "../decimal.ts";
import { floorDivide } from "./arithmetic.ts";
import { emptyRecord } from "./order.ts";
import type { EngineState } from "./state.ts";

/** What an engine holds. */
export interface EngineStats {
  readonly accounts: number;
  readonly positions: number;
  readonly stops: number;
  /** Scopes of risk, empty wallets included. */
  readonly pools: number;
  readonly assets: number;
  readonly markets: number;
  /** Linear memory of the kernel and columns of accounts, orders and stops; ids not counted. */
  readonly memoryBytes: number;
  /** Notional of all positions at the marks by settle asset, rounded down per market. */
  readonly notional: Readonly<Record<string, string>>;
}

function notionalAtMarks(state: EngineState): Record<string, string> {
  const sums = state.assets.map(() => 0n);
  for (const { index, slot, settle, terms } of state.markets) {
    const mark = BigInt(state.kernel.mark(slot));
    const size = state.openInterest.size(index, "long") + state.openInterest.size(index, "short");
    if (mark === 0n || size === 0n) continue;
    const notional = terms.inverse
      ? floorDivide(size * terms.numerator, mark * terms.divisor)
      : floorDivide(size * mark * terms.numerator, terms.divisor);
    sums[settle] = (sums[settle] ?? 0n) + notional;
  }
  const notional = emptyRecord<string>();
  for (const { index, code, decimals } of state.assets) {
    const sum = sums[index] ?? 0n;
    if (sum !== 0n) notional[code] = formatDecimal(sum, decimals);
  }
  return notional;
}

export function engineStats(state: EngineState): EngineStats {
  const { accounts, orders, stops } = state;
  const columnBytes = accounts.columnBytes + orders.columnBytes + stops.columnBytes;
  return {
    accounts: state.accounts.count,
    positions: state.kernel.legTotal - state.collaterals.legs,
    stops: state.stops.count,
    pools: state.kernel.poolCount,
    assets: state.assets.length,
    markets: state.markets.length,
    memoryBytes: state.kernel.memoryBytes + columnBytes,
    notional: notionalAtMarks(state),
  };
}
