// What liquidation keeps beside the accounts: an insurance fund per asset, and when each account was last liquidated in part (the
// cool-down of the method `fraction`).
import type { ColumnReader, ColumnWriter } from "../../snapshot/columns.ts";

export class Insurance {
  /** Balances by asset index, in the asset's units; never below 0. */
  readonly #balances: bigint[] = [];
  readonly #partials: Map<string, number> = new Map();

  balance(asset: number): bigint {
    return this.#balances[asset] ?? 0n;
  }

  /** Returns how to take it back. */
  setBalance(asset: number, balance: bigint): () => void {
    const before = this.balance(asset);
    this.#balances[asset] = balance;
    return () => {
      this.#balances[asset] = before;
    };
  }

  /** ms since 1970 of the account's last partial close, or undefined. */
  partial(id: string): number | undefined {
    return this.#partials.get(id);
  }

  /** undefined: forgotten. Returns how to take it back. */
  setPartial(id: string, time: number | undefined): () => void {
    const before = this.#partials.get(id);
    this.#put(id, time);
    return () => this.#put(id, before);
  }

  /** By id. */
  partials(): [string, number][] {
    return [...this.#partials].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  save(into: ColumnWriter): void {
    const balances = Array.from(this.#balances, (balance) => balance ?? 0n);
    into.json("insurance", { balances, partials: [...this.#partials] });
  }

  load(from: ColumnReader): void {
    const saved = from.json<{ balances: bigint[]; partials: [string, number][] }>("insurance");
    saved.balances.forEach((balance, asset) => {
      this.#balances[asset] = balance;
    });
    for (const [id, time] of saved.partials) this.#partials.set(id, time);
  }

  #put(id: string, time: number | undefined): void {
    if (time === undefined) this.#partials.delete(id);
    else this.#partials.set(id, time);
  }
}
