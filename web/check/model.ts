// The account in the engine: loaded once for each edit, and after that only asked at other prices. Beside it stand the same positions
// all cross and all isolated, so that one slider moves the three of them.

import { MODE_VARIANTS, type ModeVariantName } from "../../src/engine/compare-modes.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { ScopeHandle } from "../../src/engine/scope.ts";
import type {
  AccountReport,
  BookDocument,
  MarginMode,
  MarginModePreview,
  ScopeView,
} from "../../src/types.ts";
import { accountOf, heldMarkets, positionsOf } from "./state.ts";

/** Name of the performance mark set for every load: a slider must set none. */
export const LOAD_MARK = "underkeel:load";

/** One way to hold the positions, in an engine of its own. */
export interface Variant {
  readonly engine: RiskEngine;
  readonly scaled: boolean;
  readonly scopes: readonly VariantScope[];
}

export interface VariantScope {
  readonly view: ScopeView;
  readonly handle: ScopeHandle;
  /** Keys of the positions whose fate it is. */
  readonly positions: readonly string[];
}

export function positionKey({ symbol, side }: { symbol: string; side: string }): string {
  return `${side} ${symbol}`;
}

/** The account rewritten as a report has it: modes, margins and wallets; entries are as they were. */
export function bookOfReport(book: BookDocument, report: AccountReport): BookDocument {
  const views = new Map(report.positions.map((view) => [positionKey(view), view]));
  const positions = positionsOf(book).map((position) => {
    const view = views.get(positionKey(position));
    if (view === undefined) return position;
    const { isolatedMargin: _margin, autoTopUp: _topUp, ...rest } = position;
    const { marginMode, isolatedMargin, leverage } = view;
    const margin = isolatedMargin === null ? {} : { isolatedMargin };
    return { ...rest, marginMode, ...margin, ...(leverage === null ? {} : { leverage }) };
  });
  const { stops: _stops, ...account } = accountOf(book);
  return { ...book, accounts: [{ ...account, balances: report.balances, positions }] };
}

function scopesOf(book: BookDocument, engine: RiskEngine): VariantScope[] {
  const account = engine.account(accountOf(book).id);
  const settles = new Map(book.markets.map(({ symbol, settle }) => [symbol, settle]));
  const held = account.holdings();
  return account.scopes().map((view) => {
    const { symbol, side, settle } = view;
    const positions =
      symbol === null || side === null
        ? held.filter((one) => one.marginMode === "cross" && settles.get(one.symbol) === settle)
        : [{ symbol, side }];
    const handle =
      symbol === null || side === null
        ? account.crossScope(settle)
        : account.isolatedScope(symbol, side);
    return { view, handle, positions: positions.map(positionKey) };
  });
}

function load(book: BookDocument): RiskEngine {
  performance.mark(LOAD_MARK);
  return RiskEngine.fromBook(book);
}

export class CheckModel {
  readonly book: BookDocument;
  readonly id: string;
  readonly variants: Readonly<Record<ModeVariantName, Variant>>;

  /** @throws BookError, RiskError: the account is not one, and nothing was loaded */
  constructor(book: BookDocument) {
    this.book = book;
    this.id = accountOf(book).id;
    const engine = load(book);
    const { variants } = engine.compareModes(this.id, { shocks: [] });
    const variant = (name: ModeVariantName): Variant => {
      const { scaled, report } = variants[name];
      const own = name === "asIs" ? engine : load(bookOfReport(book, report));
      return { engine: own, scaled, scopes: scopesOf(book, own) };
    };
    this.variants = {
      asIs: variant("asIs"),
      allCross: variant("allCross"),
      allIsolated: variant("allIsolated"),
    };
  }

  get engine(): RiskEngine {
    return this.variants.asIs.engine;
  }

  /** Decimals of a settle asset's amounts. */
  decimalsOf(settle: string): number {
    return this.book.assets.find(({ code }) => code === settle)?.decimals ?? 8;
  }

  /** Puts all three at these prices; no book is loaded. */
  setPrices(prices: Readonly<Record<string, string>>): void {
    if (Object.keys(prices).length === 0) return;
    for (const name of MODE_VARIANTS) this.variants[name].engine.setMarks(prices);
  }

  report(): AccountReport {
    return this.engine.account(this.id).report();
  }

  /** Marks of the markets held, as the book states them. */
  marks(): Record<string, string> {
    return Object.fromEntries(
      heldMarkets(this.book).map(({ symbol }) => [symbol, String(this.book.marks[symbol])]),
    );
  }

  /** A switch of margin mode at the prices the engine stands at: of one position, or of all where the venue knows no other. */
  previewSwitch(index: number, marginMode: MarginMode, leverage?: string): MarginModePreview {
    return this.engine.previewMarginMode(this.#change(index, marginMode, leverage));
  }

  /** Makes the switch in the engine and returns the account after it; the model is spent and must be loaded anew. */
  switchMode(index: number, marginMode: MarginMode, leverage?: string): BookDocument {
    this.engine.apply({ type: "setMarginMode", ...this.#change(index, marginMode, leverage) });
    return this.engine.toBook();
  }

  #change(
    index: number,
    marginMode: MarginMode,
    leverage?: string,
  ): Parameters<RiskEngine["previewMarginMode"]>[0] {
    const position = positionsOf(this.book)[index];
    const { modeSwitch } = this.engine.rules;
    const whole = modeSwitch === "accountWide" || position === undefined;
    const hedged = accountOf(this.book).hedged === true;
    const side = whole || !hedged ? {} : { side: position.side };
    const target = whole ? {} : { symbol: position.symbol, ...side };
    const set = leverage === undefined ? {} : { leverage };
    return { account: this.id, marginMode, ...target, ...set };
  }
}
