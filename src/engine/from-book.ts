// A book document that is already an object in memory, put into a new engine. Every value is checked where
// it stands, and the first that is wrong throws with its path (`accounts[3].positions[0].entryPrice`); the
// half-filled engine is dropped. Files, streams and collected problems are src/book's business.
import { parseDecimal } from "../decimal.ts";
import { RiskError } from "../errors.ts";
import { MAX_AMOUNT } from "../model.ts";
import type { AccountDefinition, BookDocument } from "../types.ts";
import { crossTag, isolatedTag, NO_POOL } from "./accounts.ts";
import { addAsset, addMarket, setMarks } from "./commands/definitions.ts";
import { readPosition } from "./commands/positions.ts";
import { openAccount } from "./commands/wallets.ts";
import { refuse, requireObject } from "./read.ts";
import type { EngineState } from "./state.ts";

function requireList(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return refuse("BAD_BOOK", "must be a list", path, value);
}

function readBalances(
  state: EngineState,
  account: number,
  balances: AccountDefinition["balances"],
  path: string,
): void {
  if (balances === undefined) return;
  requireObject(balances, path);
  for (const [code, value] of Object.entries(balances)) {
    const place = `${path}[${JSON.stringify(code)}]`;
    const { index, decimals } = state.asset(code, place);
    const limits = { min: -MAX_AMOUNT, max: MAX_AMOUNT };
    const amount = parseDecimal(value, decimals, place, limits);
    if (amount !== 0n) state.createPool(account, crossTag(index), amount);
  }
}

function readPositions(
  state: EngineState,
  account: number,
  positions: AccountDefinition["positions"],
  path: string,
): void {
  if (positions === undefined) return;
  requireList(positions, path);
  positions.forEach((position, index) => {
    const place = `${path}[${index}]`;
    const figures = readPosition(state, position, place);
    const { market, side, quantity, cost, leverageMilli } = figures;
    if (quantity === 0) refuse("OUT_OF_RANGE", "must be above 0", `${place}.contracts`, "0");
    const hedged = state.accounts.hedged(account);
    if (state.findPosition(account, market, hedged ? side : undefined) !== undefined) {
      const message = "the account has a position in this market already";
      refuse("DUPLICATE_POSITION", message, `${place}.symbol`, market.symbol);
    }
    const cross = state.crossPool(account, market.settle);
    const pool =
      figures.mode === "isolated"
        ? state.createPool(account, isolatedTag(market.index, side), figures.isolatedMargin)
        : cross === NO_POOL
          ? state.createPool(account, crossTag(market.settle), 0n)
          : cross;
    const table = state.tableFor(market, quantity).handle;
    state.kernel.createLeg(pool, market.slot, table, quantity, cost, leverageMilli);
    state.openInterest.add(market.index, quantity, 1);
  });
}

/** Puts a document into an empty state made for its profile. */
export function readBook(state: EngineState, document: BookDocument): void {
  requireList(document.assets, "assets");
  requireList(document.markets, "markets");
  requireList(document.accounts, "accounts");
  document.assets.forEach((asset, index) => {
    addAsset(state, asset, `assets[${index}]`);
  });
  document.markets.forEach((market, index) => {
    addMarket(state, market, `markets[${index}]`);
  });
  setMarks(state, document.marks, "marks");
  document.accounts.forEach((account, index) => {
    const path = `accounts[${index}]`;
    requireObject(account, path);
    const { id, hedged = false } = account;
    try {
      openAccount(state, { type: "openAccount", account: id, hedged }, path);
    } catch (error) {
      throw atId(error, path);
    }
    const handle = state.account(id, `${path}.id`);
    readBalances(state, handle, account.balances, `${path}.balances`);
    readPositions(state, handle, account.positions, `${path}.positions`);
  });
}

/** A command calls the id `account`, a book calls it `id`. */
function atId(error: unknown, path: string): unknown {
  if (!(error instanceof RiskError) || error.path !== `${path}.account`) return error;
  const message = error.message.replace(`${path}.account: `, "").replace(/ \(got .*/s, "");
  const detail = error.value === undefined ? {} : { value: error.value };
  return new RiskError(error.code, message, { path: `${path}.id`, ...detail });
}
