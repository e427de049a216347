// What an engine holds and what the model holds, each written as sorted lines of text: equal lines, equal state. The engine's side is read
// through its public door only: kernel records, figures of scope handles, the book document for what has no number.
import type { RiskEngine } from "../../../src/engine/engine.ts";
import type { PoolFigures } from "../../../src/model.ts";
import type { AccountDefinition } from "../../../src/types.ts";
import { type Account, type Book, marketOf, sideOf } from "../../support/model/book.ts";
import { units } from "../../support/model/markets.ts";
import { crossFigures, crossPool, isolatedFigures, isPledged } from "../../support/model/pools.ts";
import { DECIMALS, INDEX_DECIMALS, PRICE_DECIMALS, SYMBOLS } from "./venue.ts";

/** Price slots of symbols, by the distinct marks of a venue's start. */
export function slotsOf(engine: RiskEngine, book: Book): ReadonlyMap<number, string> {
  const slots = new Map<number, string>();
  for (let slot = 0; slot < SYMBOLS.length + book.assets.length; slot++) {
    const symbol = SYMBOLS.find((one) => {
      try {
        return book.marks.get(one) === BigInt(engine.kernel.mark(slot));
      } catch {
        return false;
      }
    });
    if (symbol !== undefined) slots.set(slot, symbol);
  }
  if (slots.size !== SYMBOLS.length) throw new Error("marks do not tell the slots apart");
  return slots;
}

function figuresText(figures: PoolFigures): string {
  const { equity, maintenanceMargin, initialMargin, closeFee, clearance, liquidatable } = figures;
  return [
    `equity ${equity}`,
    `maintenance ${maintenanceMargin}`,
    `initial ${initialMargin}`,
    `fee ${closeFee}`,
    `clearance ${clearance}`,
    liquidatable ? "liquidatable" : "safe",
  ].join(" ");
}

function settingText(
  symbol: string,
  mode: string | undefined,
  leverage: { readonly long: bigint; readonly short: bigint },
): string {
  return `setting ${symbol} ${mode ?? "-"} long ${leverage.long} short ${leverage.short}`;
}

/** Scopes that hold nothing are not written: a wallet of 0 and none are the same. */
function modelScopeLines(book: Book, account: Account): string[] {
  const { wallets, positions } = account;
  const lines: string[] = [];
  for (const [asset, balance] of wallets) {
    if (balance !== 0n) lines.push(`wallet ${asset} ${balance}`);
  }
  for (const asset of book.assets) {
    const pool = crossPool(book, account, asset.code);
    if (isPledged(account, asset) || (pool.collateral === 0n && pool.legs.length === 0)) continue;
    const figures = figuresText(crossFigures(book, account, asset.code));
    lines.push(`cross ${asset.code} ${pool.collateral} ${figures}`);
  }
  for (const position of positions) {
    const { symbol, mode, quantity, cost, leverage, margin, autoTopUp } = position;
    const name = `${symbol} ${sideOf(position)}`;
    const flag = autoTopUp ? " topUp" : "";
    lines.push(`${name} ${mode} ${quantity} cost ${cost} leverage ${leverage}${flag}`);
    if (mode === "cross") continue;
    lines.push(`isolated ${name} ${margin} ${figuresText(isolatedFigures(book, position))}`);
  }
  return lines;
}

function modelAccountLines(book: Book, account: Account): string[] {
  const { hedged, multiAsset, orders, settings } = account;
  const lines = modelScopeLines(book, account);
  lines.push(`${hedged ? "hedged" : "one-way"}${multiAsset ? " multi-asset" : ""}`);
  if (account.mode !== undefined) lines.push(`mode ${account.mode}`);
  orders.forEach((order, index) => {
    const { symbol, side, amount, price, positionSide, reduceOnly } = order;
    const flags = `${positionSide ?? "-"} ${reduceOnly ? "reduceOnly" : "-"}`;
    lines.push(`order ${index} ${order.id} ${symbol} ${side} ${amount} ${price} ${flags}`);
  });
  for (const [symbol, { mode, leverage }] of settings) {
    if (mode === undefined && leverage.long === 0n && leverage.short === 0n) continue;
    lines.push(settingText(symbol, mode, leverage));
  }
  return lines.map((line) => `${account.id}: ${line}`);
}

export function modelLines(book: Book): string[] {
  const lines = [`accounts ${[...book.accounts.keys()].join()}`];
  for (const [symbol, mark] of book.marks) lines.push(`mark ${symbol} ${mark}`);
  for (const [code, price] of book.indexPrices) lines.push(`index ${code} ${price}`);
  for (const [symbol, time] of book.fundingTimes) lines.push(`funding ${symbol} ${time}`);
  for (const account of book.accounts.values()) lines.push(...modelAccountLines(book, account));
  return lines.sort();
}

/** An engine's state as lines, and wallets + margins − entry notionals by asset, from its records. */
export interface Reading {
  readonly lines: readonly string[];
  readonly holdings: ReadonlyMap<string, bigint>;
}

/** Reads engines that began as `venue.ts` has it; `book` is asked for definitions only. */
export class Reader {
  readonly #engine: RiskEngine;
  readonly #book: Book;
  readonly #slots: ReadonlyMap<number, string>;
  readonly #lines: string[] = [];
  readonly #holdings: Map<string, bigint> = new Map();

  constructor(engine: RiskEngine, book: Book, slots: ReadonlyMap<number, string>) {
    this.#engine = engine;
    this.#book = book;
    this.#slots = slots;
  }

  read(): Reading {
    const document = this.#engine.toBook();
    const lines = this.#lines;
    lines.push(`accounts ${[...this.#engine.accountIds()].join()}`);
    for (const [symbol, mark] of Object.entries(document.marks)) {
      lines.push(`mark ${symbol} ${units(mark, PRICE_DECIMALS[symbol] ?? 0)}`);
    }
    for (const [code, price] of Object.entries(document.indexPrices ?? {})) {
      lines.push(`index ${code} ${units(price, INDEX_DECIMALS[code] ?? 0)}`);
    }
    for (const [symbol, time] of Object.entries(document.fundingTimes ?? {})) {
      lines.push(`funding ${symbol} ${time}`);
    }
    for (const definition of document.accounts) this.#readAccount(definition);
    return { lines: lines.sort(), holdings: this.#holdings };
  }

  #readAccount(definition: AccountDefinition): void {
    const { id, hedged, multiAsset, marginMode } = definition;
    const lines = [`${hedged ? "hedged" : "one-way"}${multiAsset ? " multi-asset" : ""}`];
    if (marginMode !== undefined) lines.push(`mode ${marginMode}`);
    lines.push(...this.#orderLines(definition), ...this.#settingLines(definition));
    lines.push(...this.#scopeLines(definition));
    for (const line of lines) this.#lines.push(`${id}: ${line}`);
  }

  #orderLines({ orders = [] }: AccountDefinition): string[] {
    return orders.map((order, index) => {
      const { symbol, side, amount, price, positionSide, reduceOnly } = order;
      const size = units(amount, marketOf(this.#book, symbol).decimals.amount);
      const limit = units(price, PRICE_DECIMALS[symbol] ?? 0);
      const flags = `${positionSide ?? "-"} ${reduceOnly === true ? "reduceOnly" : "-"}`;
      return `order ${index} ${order.id} ${symbol} ${side} ${size} ${limit} ${flags}`;
    });
  }

  #settingLines({ settings = [] }: AccountDefinition): string[] {
    return settings.map(({ symbol, marginMode, longLeverage, shortLeverage }) => {
      const leverage = { long: units(longLeverage, 3), short: units(shortLeverage, 3) };
      return settingText(symbol, marginMode, leverage);
    });
  }

  #scopeLines(definition: AccountDefinition): string[] {
    const { id, positions = [], multiAsset } = definition;
    const account = this.#engine.account(id);
    const balances = account.balances();
    const lines: string[] = [];
    const topUps = new Set(
      positions.filter(({ autoTopUp }) => autoTopUp).map(({ symbol, side }) => `${symbol} ${side}`),
    );
    for (const { code, collateral } of this.#book.assets) {
      const balance = balances[code];
      if (balance === undefined) continue;
      const wallet = units(balance, DECIMALS[code] ?? 0);
      this.#hold(code, wallet);
      if (wallet !== 0n) lines.push(`wallet ${code} ${wallet}`);
      // A pledged coin's wallet is no scope.
      if (multiAsset && collateral !== undefined) continue;
      const { collateral: held, ...figures } = account.crossScope(code).figures();
      const own = this.#legLines(account.crossScope(code).pool, code, "cross", topUps);
      lines.push(...own.lines);
      if (held === 0n && own.legs === 0) continue;
      lines.push(`cross ${code} ${held} ${figuresText(figures)}`);
    }
    for (const { symbol, side, marginMode } of account.holdings()) {
      if (marginMode === "cross") continue;
      const { settle } = marketOf(this.#book, symbol);
      const scope = account.isolatedScope(symbol, side);
      const { collateral, ...figures } = scope.figures();
      this.#hold(settle, collateral);
      lines.push(...this.#legLines(scope.pool, settle, "isolated", topUps).lines);
      lines.push(`isolated ${symbol} ${side} ${collateral} ${figuresText(figures)}`);
    }
    return lines;
  }

  /** Positions of a pool from its records; legs that are no positions are coins. */
  #legLines(
    pool: number,
    asset: string,
    mode: string,
    topUps: ReadonlySet<string>,
  ): { readonly lines: readonly string[]; readonly legs: number } {
    const { kernel } = this.#engine;
    const lines: string[] = [];
    let legs = 0;
    for (let leg = kernel.firstLeg(pool); leg >= 0; leg = kernel.nextLeg(leg)) {
      legs += 1;
      const symbol = this.#slots.get(kernel.legPrice(leg));
      if (symbol === undefined) continue;
      const quantity = kernel.quantity(leg);
      const cost = kernel.cost(leg);
      const name = `${symbol} ${quantity > 0 ? "long" : "short"}`;
      const flag = topUps.has(name) ? " topUp" : "";
      const leverage = kernel.leverageMilli(leg);
      lines.push(`${name} ${mode} ${quantity} cost ${cost} leverage ${leverage}${flag}`);
      this.#hold(asset, -cost);
    }
    return { lines, legs };
  }

  #hold(asset: string, amount: bigint): void {
    this.#holdings.set(asset, (this.#holdings.get(asset) ?? 0n) + amount);
  }
}

/** Lines that only one side has; empty where the two agree. */
export function difference(engine: readonly string[], model: readonly string[]): string[] {
  const ofEngine = new Set(engine);
  const ofModel = new Set(model);
  return [
    ...engine.filter((line) => !ofModel.has(line)).map((line) => `engine  ${line}`),
    ...model.filter((line) => !ofEngine.has(line)).map((line) => `model   ${line}`),
  ];
}
