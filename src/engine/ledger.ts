// What entered and left the book, per asset, as commands did it: the other side of every account. With it conservation
// can be checked to the last unit (docs/accounts.md): wallets + margins − entry notionals = the sum of these flows.

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
  | "imports";

export const LEDGER_ENTRIES: readonly LedgerEntry[] = [
  "transfers",
  "fees",
  "funding",
  "trades",
  "imports",
];

/** Sums by asset index and kind, in the asset's units. */
export class Ledger {
  readonly #sums: Map<LedgerEntry, bigint>[] = [];

  add(asset: number, entry: LedgerEntry, amount: bigint): void {
    if (amount === 0n) return;
    this.#sums[asset] ??= new Map();
    const sums = this.#sums[asset];
    sums.set(entry, (sums.get(entry) ?? 0n) + amount);
  }

  sum(asset: number, entry: LedgerEntry): bigint {
    return this.#sums[asset]?.get(entry) ?? 0n;
  }
}
