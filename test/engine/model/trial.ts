// Invariant 8: what a preview says of a command before it is given, against what the command then does; and the figures of an order's
// preview against the model.
import { expect } from "vitest";
import type { RiskEngine } from "../../../src/engine/engine.ts";
import { RiskError } from "../../../src/errors.ts";
import type {
  CommandPreview,
  MarginModePreview,
  OrderOutlook,
  OrderPreview,
  OrderRequest,
} from "../../../src/previews.ts";
import type {
  AccountReport,
  Command,
  EngineEvent,
  FillCommand,
  ScopeName,
} from "../../../src/types.ts";
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
  readonly command: CommandPreview;
  readonly order: OrderPreview | undefined;
  readonly mode: MarginModePreview | undefined;
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

/** Asks for every preview of a command there is. */
export function forecast(engine: RiskEngine, book: Book, command: Command): Forecast {
  const before = reportOf(engine, command);
  const preview = engine.previewCommand(command);
  expect(preview.before, "previewCommand knows the account as it stands").toEqual(before);
  const code = preview.refusal?.code;
  if (command.type === "fill") {
    const order = asStated(code, () => engine.preview(orderOf(command)));
    if (order !== undefined) requireOrderFigures(book, command, order);
    return { command: preview, order, mode: undefined };
  }
  if (command.type !== "setMarginMode")
    return { command: preview, order: undefined, mode: undefined };
  const mode = asStated(code, () => engine.previewMarginMode(command));
  return { command: preview, order: undefined, mode };
}

/** What cannot be read at all is thrown, as by the command; then there is no preview. */
function asStated<Preview>(code: string | undefined, preview: () => Preview): Preview | undefined {
  try {
    return preview();
  } catch (error) {
    if (!(error instanceof RiskError)) throw error;
    expect(error.code, "what a preview throws the command throws").toBe(code);
    return undefined;
  }
}

/** A trade that states no fee pays none, an order pays by the schedule. */
function orderOf({ type: _type, ...stated }: FillCommand): OrderRequest {
  const free = stated.fee === undefined && stated.liquidity === undefined;
  return free ? { ...stated, fee: 0n } : stated;
}

/** Holds a forecast to what came of the command. */
export function requireForecast(
  engine: RiskEngine,
  command: Command,
  said: Forecast,
  outcome: Outcome,
): void {
  const accepted = outcome.code === undefined;
  const events = accepted ? outcome.events : [];
  for (const preview of [said.command, said.order, said.mode]) {
    if (preview === undefined) continue;
    expect(preview.refusal?.code, "invariant 8: refusal of a preview").toBe(outcome.code);
    expect(preview.accepted).toBe(accepted);
    expect(preview.events, "invariant 8: events of a preview").toEqual(events);
    if (outcome.code !== undefined) expect(preview.refusal?.message).toBe(outcome.message);
  }
  if (!accepted) return;
  const report = reportOf(engine, command);
  expect(said.command.after, "invariant 8: previewCommand's report").toEqual(report);
  if (report === null) return;
  if (command.type === "fill") requireOutlook(engine, report, command, said.order?.after);
  if (said.mode !== undefined) requireSwitched(report, said.mode);
}

function nameOf({ scope, settle, symbol, side }: ScopeName): string {
  return `${scope} ${settle} ${symbol} ${side}`;
}

/** What an order's preview said the account would look like. */
function requireOutlook(
  engine: RiskEngine,
  report: AccountReport,
  { symbol, positionSide }: FillCommand,
  after: OrderOutlook | null | undefined,
): void {
  if (after === null || after === undefined) return;
  const scopes = new Map(report.scopes.map((scope) => [nameOf(scope), scope]));
  for (const scope of after.scopes) expect(scope).toEqual(scopes.get(nameOf(scope)));
  const position = report.positions.find(
    (one) => one.symbol === symbol && (positionSide === undefined || one.side === positionSide),
  );
  expect(after.position, "invariant 8: preview's position").toEqual(position ?? null);
  const settle = after.scopes[0]?.settle;
  if (settle === undefined) return;
  expect(after.available).toBe(engine.account(report.account).available(settle));
  expect(after.withdrawable).toBe(engine.account(report.account).withdrawable(settle));
}

/** What a switch's preview said of scopes and positions. */
function requireSwitched(report: AccountReport, { scopes, positions }: MarginModePreview): void {
  const now = new Map(report.scopes.map((scope) => [nameOf(scope), scope]));
  for (const { name, after } of scopes) expect(after).toEqual(now.get(nameOf(name)) ?? null);
  for (const said of positions) {
    const { symbol, side } = said;
    const position = report.positions.find((one) => one.symbol === symbol && one.side === side);
    expect(position, "invariant 8: previewMarginMode's position").toMatchObject({
      marginMode: said.marginMode.after,
      contracts: said.contracts.after,
      leverage: said.leverage.after,
      isolatedMargin: said.isolatedMargin.after,
      liquidationPrice: said.liquidationPrice.after,
    });
  }
}

/** An order's limits, as the model has them. */
function requireOrderFigures(book: Book, command: FillCommand, order: OrderPreview): void {
  const account = book.accounts.get(command.account);
  const { settle, decimals } = marketOf(book, command.symbol);
  // A pledged coin's wallet is no scope that orders could be paid from.
  if (account === undefined || isPledged(account, assetOf(book, settle))) return;
  const spare = units(order.before.available, DECIMALS[settle] ?? 0);
  expect(spare, "preview's available").toBe(available(book, account, settle));
  requireMaxAmount(book, command, units(order.maxAmount, decimals.amount));
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
