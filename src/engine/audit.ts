// Conservation, checked: what all accounts and the insurance fund hold in an asset against what the ledger says has entered and left. Both are exact
// sums, so the difference is 0 or there is a bug. One pass over the book; for tests, nightly jobs and the curious.
import { formatDecimal } from "../decimal.ts";
import { ExactSum } from "./exact-sum.ts";
import { LEDGER_ENTRIES, type LedgerEntry } from "./ledger.ts";
import { emptyRecord } from "./order.ts";
import { settleOf } from "./scope.ts";
import type { EngineState } from "./state.ts";

/** One asset's sums as decimal text. */
export type AssetAudit = Readonly<Record<LedgerEntry, string>> & {
  /** Wallets + isolated margins − entry notionals of open positions + the insurance fund. */
  readonly held: string;
  /** Balance of the insurance fund. */
  readonly fund: string;
  /** held − the sum of the entries: "0". */
  readonly difference: string;
};

/** Wallets (pledged coins included) + margins − costs + insurance fund by asset index, in units. */
export function heldByAsset(state: EngineState): bigint[] {
  const { kernel } = state;
  const sums = state.assets.map(({ index }) => {
    const sum = new ExactSum();
    sum.add(state.insurance.balance(index));
    return sum;
  });
  kernel.forEachPool((pool) => {
    const sum = sums[settleOf(state, pool)] as ExactSum;
    sum.add(kernel.collateralAmount(pool));
    // Coins that back a pool cost nothing.
    for (let leg = kernel.firstLeg(pool); leg >= 0; leg = kernel.nextLeg(leg)) {
      sum.subtract(kernel.costAmount(leg));
    }
  });
  return sums.map(({ value }) => value);
}

/** Every asset's ledger beside what is held. */
export function auditBook(state: EngineState): Record<string, AssetAudit> {
  const held = heldByAsset(state);
  const audits = emptyRecord<AssetAudit>();
  for (const { index, code, decimals } of state.assets) {
    const text = (units: bigint): string => formatDecimal(units, decimals);
    const sum = (entry: LedgerEntry): bigint => state.ledger.sum(index, entry);
    const total = LEDGER_ENTRIES.reduce((all, entry) => all + sum(entry), 0n);
    const own = held[index] ?? 0n;
    audits[code] = {
      transfers: text(sum("transfers")),
      fees: text(sum("fees")),
      funding: text(sum("funding")),
      trades: text(sum("trades")),
      imports: text(sum("imports")),
      insurance: text(sum("insurance")),
      uncovered: text(sum("uncovered")),
      fund: text(state.insurance.balance(index)),
      held: text(own),
      difference: text(own - total),
    };
  }
  return audits;
}
