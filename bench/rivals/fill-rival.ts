// What every engine of the fills suite offers: filled once from the book, it carries out batches of trades one after the other by the
// rules of a cross `fill`: realized result and fee into the collateral, leverage caps by bracket, and an increase only where equity
// carries the initial margin and the pool is not liquidatable.
import type { FillBatch } from "../../src/index.ts";
import type { FillBook } from "../fill-book.ts";

export interface FillRival {
  readonly name: string;
  /** Exact engines must agree with the kernel to the last unit. */
  readonly exact: boolean;
  /** Accounts of the book it was filled with: the slow ones take only the first few. */
  readonly accounts: number;
  /** Carries a batch out; returns the number of trades accepted. */
  run(batch: FillBatch): number;
  /** By row of the last batch: 0 accepted, else refused. */
  readonly refused: Uint8Array;
  /** Collateral of an account in quote units, as a double where the engine holds it so. */
  collateral(account: number): number | bigint;
}

export type FillRivalFactory = (book: FillBook, fills: number) => FillRival;
