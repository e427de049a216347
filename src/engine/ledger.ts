// What entered and left the book, per asset, as commands did it: the other side of every account. With it conservation
// can be checked to the last unit (docs/accounts.md): wallets + margins − entry notionals = the sum of these flows.
import type { ColumnReader, ColumnWriter } from "../snapshot/columns.ts";
import { ExactSum } from "./exact-sum.ts";

/** Why money entered (positive) or left (negative) the accounts of a book. */
export type LedgerEntry =
  /** Deposits and withdrawals. */
  | "transfers"
  /** Fees, negative for what accounts paid. */
  | "fees"
  /** Funding: what accounts received less what they paid. */
  | "funding"
  /** Signed notionals of trades rounded up, negative for what accounts paid: they stand in the positions' costs until realised. */
  | "trades"
  /** Imports: setBalance, setPosition, books. */
  | "imports"
  /** What insurance funds were set to. */
  | "insurance"
  /** Losses that neither an insurance fund nor counterparties could bear: paid by the venue. */
  | "uncovered";

export const LEDGER_ENTRIES: readonly LedgerEntry[] = [
  "transfers",
  "fees",
  "funding",
  "trades",
  "imports",
  "insurance",
  "uncovered",
];

/** Sums by asset index and kind, in the asset's units. */
export class Ledger {
  readonly #sums: Record<LedgerEntry, ExactSum>[] = [];

  add(asset: number, entry: LedgerEntry, amount: number | bigint): void {
    this.#sums[asset] ??= {
      transfers: new ExactSum(),
      fees: new ExactSum(),
      funding: new ExactSum(),
      trades: new ExactSum(),
      imports: new ExactSum(),
      insurance: new ExactSum(),
      uncovered: new ExactSum(),
    };
    this.#sums[asset][entry].add(amount);
  }

  save(into: ColumnWriter): void {
    const sums = Array.from(this.#sums, (_, asset) =>
      LEDGER_ENTRIES.map((entry) => this.sum(asset, entry)),
    );
    into.json("ledger", sums);
  }

  load(from: ColumnReader): void {
    from.json<bigint[][]>("ledger").forEach((sums, asset) => {
      LEDGER_ENTRIES.forEach((entry, index) => {
        this.add(asset, entry, sums[index] ?? 0n);
      });
    });
  }

  sum(asset: number, entry: LedgerEntry): bigint {
    return this.#sums[asset]?.[entry].value ?? 0n;
  }
}
