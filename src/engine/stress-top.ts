// The accounts that a scenario hits hardest: a scan at its prices, and the exact figures of every scope it lists.
import { formatDecimal } from "../decimal.ts";
import { scanTrial, withPrices } from "./scan.ts";
import { settleOf } from "./scope.ts";
import type { EngineState } from "./state.ts";
import type { ShockedPrice } from "./stress-scenarios.ts";

/** What an account's liquidatable scopes in one settle asset come to, in that asset. */
export interface StressAccount {
  readonly account: string;
  readonly settle: string;
  readonly scopes: number;
  readonly positions: number;
  /** Σ of its positions' notionals, each rounded down. */
  readonly notional: string;
  readonly shortfall: string;
}

interface Sum {
  readonly owner: number;
  readonly asset: number;
  scopes: number;
  positions: number;
  notional: bigint;
  shortfall: bigint;
}

const WIDEST_DECIMALS = 18;

function addScope(state: EngineState, sum: Sum, pool: number): void {
  const { kernel } = state;
  sum.scopes += 1;
  for (const leg of state.legs(pool)) {
    sum.positions += 1;
    sum.notional += kernel.legFigures(leg).notional;
  }
  const { equity } = kernel.poolFigures(pool);
  if (equity < 0n) sum.shortfall -= equity;
}

/** The accounts of largest liquidated notional (as a number of settle units, whatever the asset), largest first, then by id. */
export function topAccounts(
  state: EngineState,
  prices: readonly ShockedPrice[],
  count: number,
): StressAccount[] {
  const sums = new Map<string, Sum>();
  const { handles } = scanTrial(state, prices);
  withPrices(state, prices, () => {
    for (const pool of handles) {
      const owner = state.kernel.owner(pool);
      const asset = settleOf(state, pool);
      const key = `${owner} ${asset}`;
      let sum = sums.get(key);
      if (sum === undefined) {
        sum = { owner, asset, scopes: 0, positions: 0, notional: 0n, shortfall: 0n };
        sums.set(key, sum);
      }
      addScope(state, sum, pool);
    }
  });
  const ranked = Array.from(sums.values(), (sum) => {
    const { decimals } = state.assetAt(sum.asset);
    const rank = sum.notional * 10n ** BigInt(WIDEST_DECIMALS - decimals);
    return { sum, rank, account: state.accounts.id(sum.owner) ?? "", decimals };
  });
  ranked.sort((a, b) => {
    if (a.rank !== b.rank) return a.rank > b.rank ? -1 : 1;
    return a.account < b.account ? -1 : 1;
  });
  return ranked.slice(0, count).map(({ sum, account, decimals }) => ({
    account,
    settle: state.assetAt(sum.asset).code,
    scopes: sum.scopes,
    positions: sum.positions,
    notional: formatDecimal(sum.notional, decimals),
    shortfall: formatDecimal(sum.shortfall, decimals),
  }));
}
