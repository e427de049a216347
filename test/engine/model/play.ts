// One game: engine and model side by side, a command at a time, with everything that must hold after each and at the end.
import { expect } from "vitest";
import { RiskEngine } from "../../../src/engine/engine.ts";
import { RiskError } from "../../../src/errors.ts";
import type { Command, EngineEvent, Profile } from "../../../src/types.ts";
import { applyToModel } from "../../support/model/apply.ts";
import { type Book, flowsOf, holdings } from "../../support/model/book.ts";
import { units } from "../../support/model/markets.ts";
import { difference, modelLines, Reader, type Reading, slotsOf } from "./compare.ts";
import {
  canForecast,
  type Forecast,
  forecast,
  type Outcome,
  requireForecast,
  requireLimits,
} from "./trial.ts";
import { ASSETS, bareEngine, DECIMALS, openVenue } from "./venue.ts";

function applyToEngine(engine: RiskEngine, command: Command): Outcome {
  try {
    return { code: undefined, events: engine.apply(command) };
  } catch (error) {
    if (error instanceof RiskError) return { code: error.code, message: error.message };
    throw error;
  }
}

/** A command as a line of source, to be put into a test. */
export function show(command: Command): string {
  const text = JSON.stringify(command, (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
  return text.replace(/"(-?\d+n)"/g, "$1");
}

/** Lines of scopes that a command has no business with, of those given. */
function outsideOf(command: Command, lines: readonly string[]): string[] {
  if (!("account" in command)) return [];
  const isScope = (line: string): boolean =>
    /: (wallet|cross|isolated) |: \S+ (long|short) /.test(line);
  const symbol = "symbol" in command ? command.symbol : undefined;
  const own = `${command.account}: `;
  return lines.filter((line) => {
    if (!isScope(line)) return false;
    if (!line.startsWith(own)) return true;
    // Isolated positions elsewhere in the account.
    return (
      symbol !== undefined &&
      line.startsWith(`${own}isolated `) &&
      !line.startsWith(`${own}isolated ${symbol} `)
    );
  });
}

/** Names of liquidatable scopes. */
function liquidatable(lines: readonly string[]): string[] {
  return lines
    .filter((line) => line.endsWith(" liquidatable"))
    .map((line) => /^\S+ (cross \S+|isolated \S+ \S+)/.exec(line)?.[0] ?? line);
}

/** Every this many commands are forecast first; reports with their liquidation prices take time. */
const FORECAST_EVERY = 4;

export class Play {
  readonly engine: RiskEngine;
  book: Book;
  readonly log: Command[] = [];
  readonly profile: Profile;
  /** Of the log's commands since the start. */
  readonly events: (readonly EngineEvent[])[] = [];
  /** Commands before the first of the game. */
  readonly start: number;
  readonly #slots: ReadonlyMap<number, string>;
  #reading: Reading;
  #steps = 0;

  constructor(profile: Profile) {
    this.profile = profile;
    const { engine, book } = openVenue(profile, this.log);
    this.start = this.log.length;
    this.engine = engine;
    this.book = book;
    this.#slots = slotsOf(engine, book);
    this.#reading = new Reader(engine, book, this.#slots).read();
  }

  /** Gives a command to both and returns the code of its refusal. */
  step(command: Command): string | undefined {
    const hash = this.engine.stateHash();
    const said = this.#forecast(command, hash);
    const expected = applyToModel(this.book, command);
    const outcome = applyToEngine(this.engine, command);
    const reason = outcome.code === undefined ? "" : ` (${outcome.message})`;
    const told = `${show(command)}: engine ${outcome.code ?? "accepts"}${reason}, model ${expected.code ?? "accepts"}`;
    if (outcome.code !== expected.code) expect(outcome.code, told).toBe(expected.code);
    if (said !== undefined) requireForecast(this.engine, command, said, outcome);
    if (outcome.code !== undefined) {
      expect(this.engine.stateHash(), "invariant 9: a refusal changes nothing").toBe(hash);
      return outcome.code;
    }
    this.log.push(command);
    this.events.push(outcome.events);
    this.book = expected.book;
    const before = this.#reading;
    this.#reading = new Reader(this.engine, this.book, this.#slots).read();
    const differing = difference(this.#reading.lines, modelLines(this.book));
    if (differing.length > 0) expect(differing, `state after ${told}`).toEqual([]);
    this.#requireConserved();
    this.#requireContained(command, before.lines);
    this.#requireEventsOfBalances(before.lines, outcome.events);
    return undefined;
  }

  #forecast(command: Command, hash: string): Forecast | undefined {
    this.#steps += 1;
    if (this.#steps % FORECAST_EVERY !== 0 || !canForecast(command)) return undefined;
    const said = forecast(this.engine, this.book, command);
    expect(this.engine.stateHash(), "invariant 8: a preview changes nothing").toBe(hash);
    return said;
  }

  /** Invariant 7: what the engine's records hold is what the model knows has come in. */
  #requireConserved(): void {
    for (const asset of ASSETS) {
      const held = this.#reading.holdings.get(asset) ?? 0n;
      const flows = flowsOf(this.book, asset);
      if (held === flows && holdings(this.book, asset) === held) continue;
      expect(held, `invariant 7: ${asset}, to the last unit`).toBe(flows);
      expect(holdings(this.book, asset)).toBe(held);
    }
  }

  /** Invariants 6 and 12. */
  #requireContained(command: Command, before: readonly string[]): void {
    const after = new Set(this.#reading.lines);
    const changed = outsideOf(command, before).filter((line) => !after.has(line));
    expect(changed, `invariant 6: scopes beside ${command.type}`).toEqual([]);
    if (command.type !== "deposit" && command.type !== "addMargin") return;
    const earlier = liquidatable(before);
    const newly = liquidatable(this.#reading.lines).filter((name) => !earlier.includes(name));
    expect(newly, "invariant 12: more collateral never makes liquidatable").toEqual([]);
  }

  /** The last balance that events tell of a wallet is the wallet's, and their changes add up. */
  #requireEventsOfBalances(before: readonly string[], events: readonly EngineEvent[]): void {
    const wallet = (lines: readonly string[], name: string): bigint => {
      const line = lines.find((one) => one.startsWith(name));
      return line === undefined ? 0n : BigInt(line.slice(name.length));
    };
    const sums = new Map<string, bigint>();
    for (const event of events) {
      if (event.type !== "balanceChanged") continue;
      const { account, asset, balance, change } = event;
      const name = `${account}: wallet ${asset} `;
      const places = DECIMALS[asset] ?? 0;
      sums.set(name, (sums.get(name) ?? 0n) + units(change, places));
      const now = wallet(before, name) + (sums.get(name) ?? 0n);
      if (units(balance, places) !== now) expect(balance, `balance told of ${name}`).toBe(now);
    }
    if (events.some(({ type }) => type === "fundingSettled")) return;
    for (const line of this.#reading.lines) {
      const name = /^\S+ wallet \S+ /.exec(line)?.[0];
      if (name === undefined) continue;
      const told = wallet(before, name) + (sums.get(name) ?? 0n);
      const now = wallet(this.#reading.lines, name);
      if (now !== told) expect(now, `changes told of ${name}`).toBe(told);
    }
  }

  /** What is asked once, at the end: other ways to the same state. */
  finish(): void {
    requireLimits(this.engine, this.book);
    this.#requireAudit();
    this.#requireScopes();
    const hash = this.engine.stateHash();
    const copy = RiskEngine.fromBook(JSON.stringify(this.engine.toBook()));
    expect(copy.stateHash(), "fromBook(toBook())").toBe(hash);
    this.#requireReplay(hash);
  }

  /** The engine's own ledger, entry by entry. */
  #requireAudit(): void {
    const audit = this.engine.audit();
    for (const asset of ASSETS) {
      const flows = this.book.flows.get(asset);
      const places = DECIMALS[asset] ?? 0;
      expect(audit[asset]?.difference).toBe("0");
      for (const flow of ["transfers", "fees", "funding", "trades", "imports"] as const) {
        const booked = units(audit[asset]?.[flow], places);
        expect(booked, `ledger of ${asset}: ${flow}`).toBe(flows?.get(flow) ?? 0n);
      }
    }
  }

  /** The scan names the scopes that are liquidatable one by one. */
  #requireScopes(): void {
    const scanned = [...this.engine.scan().lines()].map(
      ({ account, scope, settle, symbol, side }) =>
        `${account}: ${scope} ${scope === "cross" ? settle : `${symbol} ${side}`}`,
    );
    expect(scanned.sort()).toEqual(liquidatable(this.#reading.lines).sort());
  }

  /** Invariant 10: the whole log, and a snapshot with the rest of it. */
  #requireReplay(hash: string): void {
    let again = bareEngine(this.profile);
    const middle = this.start + Math.floor(this.events.length / 2);
    const events: EngineEvent[][] = [];
    this.log.forEach((command, index) => {
      const told = again.apply(command);
      if (index >= this.start) events.push(told);
      if (index === middle) again = RiskEngine.fromBook(again.toBook());
    });
    expect(again.stateHash(), "invariant 10: snapshot and rest of the log").toBe(hash);
    expect(events, "invariant 10: the same events").toEqual(this.events);
  }
}
