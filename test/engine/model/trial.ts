// Invariant 8: what a preview says of a command before it is given, against what the command then does; and the figures of an order's
// preview against the model.
import { expect } from "vitest";
import type { RiskEngine } from "../../../src/engine/engine.ts";
import { RiskError } from "../../../src/errors.ts";
import type { OrderPreview, OrderRequest } from "../../../src/previews.ts";
import type { AccountReport, Command, EngineEvent, FillCommand } from "../../../src/types.ts";
import { available, withdrawable } from "../../support/model/admission.ts";
import { applyToModel } from "../../support/model/apply.ts";
import { assetOf, type Book, marketOf } from "../../support/model/book.ts";
import { units } from "../../support/model/markets.ts";
import { isPledged } from "../../support/model/pools.ts";
import { DECIMALS } from "./venue.ts";

/** What a command came to. */
export type Outcome =
  | { readonly code: undefined; readonly events: readonly EngineEvent[] }
  | { readonly code: string; readonly message: string };

/** What previews said, to be held against the outcome. */
export interface Forecast {
  readonly accepted: boolean;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly events: readonly EngineEvent[];
  readonly after: AccountReport | null;
}

function reportOf(engine: RiskEngine, command: Command): AccountReport | null {
  if (!("account" in command) || !engine.hasAccount(command.account)) return null;
  return engine.account(command.account).report();
}

/** Commands on open accounts can be tried out. */
export function canForecast({ type }: Command): boolean {
  const others = ["setMarks", "setIndexPrices", "setTiers", "settleFunding"];
  return !others.includes(type) && type !== "openAccount" && type !== "closeAccount";
}

/** Asks for a preview, which knows the account as it stands. */
export function forecast(engine: RiskEngine, command: Command): Forecast {
  const before = reportOf(engine, command);
  const preview = engine.previewCommand(command);
  expect(preview.before, "previewCommand: before").toEqual(before);
  const { accepted, refusal, events, after } = preview;
  return { accepted, code: refusal?.code, message: refusal?.message, events, after };
}

/** Holds a forecast to what came of the command. */
export function requireForecast(
  engine: RiskEngine,
  command: Command,
  said: Forecast,
  outcome: Outcome,
): void {
  expect(said.code, "invariant 8: previewCommand's refusal").toBe(outcome.code);
  expect(said.accepted).toBe(outcome.code === undefined);
  if (outcome.code !== undefined) {
    expect(said.message).toBe(outcome.message);
    expect(said.events).toEqual([]);
    return;
  }
  expect(said.events, "invariant 8: previewCommand's events").toEqual(outcome.events);
  expect(said.after, "invariant 8: previewCommand's report").toEqual(reportOf(engine, command));
}

/** The preview; undefined where what is no order at all is thrown, as by the command. */
function previewOf(
  engine: RiskEngine,
  order: OrderRequest,
  said: Forecast,
): OrderPreview | undefined {
  try {
    return engine.preview(order);
  } catch (error) {
    if (!(error instanceof RiskError)) throw error;
    expect(error.code, "what a preview throws the command throws").toBe(said.code);
    return undefined;
  }
}

/** An order's preview: same verdict and events as the trade, limits as the model has them. */
export function requireOrderPreview(
  engine: RiskEngine,
  book: Book,
  command: FillCommand,
  said: Forecast,
): void {
  const { type: _type, ...stated } = command;
  // A trade that states no fee pays none, an order by the schedule.
  const free = command.fee === undefined && command.liquidity === undefined;
  const order = free ? { ...stated, fee: 0n } : stated;
  const preview = previewOf(engine, order, said);
  if (preview === undefined) return;
  expect(preview.refusal?.code, "invariant 8: preview's refusal").toBe(said.code);
  if (preview.accepted) expect(preview.events).toEqual(said.events);
  const account = book.accounts.get(command.account);
  const { settle, decimals } = marketOf(book, command.symbol);
  // A pledged coin's wallet is no scope that orders could be paid from.
  if (account === undefined || isPledged(account, assetOf(book, settle))) return;
  const places = DECIMALS[settle] ?? 0;
  const spare = units(preview.before.available, places);
  expect(spare, "preview's available").toBe(available(book, account, settle));
  requireMaxAmount(book, command, units(preview.maxAmount, decimals.amount));
}

/** The size a preview calls the largest: the model takes it, and not one lot more. */
function requireMaxAmount(book: Book, command: FillCommand, most: bigint): void {
  const takes = (amount: bigint): boolean =>
    applyToModel(book, { ...command, amount }).code === undefined;
  if (most > 0n) expect(takes(most), `maxAmount ${most} is accepted`).toBe(true);
  expect(takes(most + 1n), `one lot more than maxAmount ${most} is refused`).toBe(false);
}

/** What an account may take out or set aside, as views say it and as the model does. */
export function requireLimits(engine: RiskEngine, book: Book): void {
  for (const account of book.accounts.values()) {
    for (const { code, collateral } of book.assets) {
      if (account.multiAsset && collateral !== undefined) continue;
      const view = engine.account(account.id);
      const places = DECIMALS[code] ?? 0;
      const told = `${account.id} ${code}`;
      expect(units(view.available(code), places), `available ${told}`).toBe(
        available(book, account, code),
      );
      expect(units(view.withdrawable(code), places), `withdrawable ${told}`).toBe(
        withdrawable(book, account, code),
      );
    }
  }
}
