// What the tests of adapters share: fixtures by name (fresh copies, to be bent at will), books into engines, and equities to hold
// against those that the venue prints. Fixtures are made up, their figures consistent with one another.
/// <reference types="vite/client" />
import { expect } from "vitest";
import { parseDecimal } from "../../src/decimal.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { AccountDefinition, BookDocument, ScopeView } from "../../src/types.ts";

const FILES = import.meta.glob("./fixtures/*.json", { eager: true, import: "default" });

/** A fresh copy of a fixture. */
export function fixture<T>(name: string): T {
  const data = FILES[`./fixtures/${name}.json`];
  if (data === undefined) throw new Error(`no fixture ${name}`);
  return structuredClone(data) as T;
}

/** The account's id is the only one of the book. */
export function loaded(book: BookDocument): { engine: RiskEngine; account: string } {
  // Through JSON: a book must be plain data.
  const engine = RiskEngine.fromBook(JSON.stringify(book));
  return { engine, account: book.accounts[0]?.id ?? "" };
}

/** The account as the engine gives it back: what it took in. */
export function takenIn(book: BookDocument): AccountDefinition {
  const [account] = loaded(book).engine.toBook().accounts;
  if (account === undefined) throw new Error("the engine holds no account");
  return account;
}

export function scopesOf(book: BookDocument): ScopeView[] {
  const { engine, account } = loaded(book);
  return engine.account(account).scopes();
}

/** Equity of the account in an asset, isolated positions included or alone, in units of 1e-8. */
export function equityOf(
  book: BookDocument,
  settle: string,
  which: "all" | "cross" | "isolated" = "all",
): bigint {
  return scopesOf(book)
    .filter((scope) => scope.settle === settle && (which === "all" || scope.scope === which))
    .reduce((sum, scope) => sum + units(scope.equity), 0n);
}

/** Units of 1e-8, what is finer cut off: venues print more. */
export function units(text: string): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return parseDecimal(fraction === "" ? whole : `${whole}.${fraction.slice(0, 8)}`, 8, "test");
}

/** As near as figures that are each rounded to eight decimals can be. */
export function expectClose(actual: bigint, printed: string, roundings: number): void {
  const gap = actual - units(printed);
  expect(gap < 0n ? -gap : gap, `${actual} against ${printed}`).toBeLessThanOrEqual(
    BigInt(roundings),
  );
}

/** The RiskError that a call throws. */
export function refusal(call: () => unknown): RiskError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(RiskError);
    return error as RiskError;
  }
  throw new Error("was not refused");
}
