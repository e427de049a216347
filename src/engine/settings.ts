// What accounts have chosen: margin mode and leverage of positions still to come, per market, side or whole account, and
// automatic top-up of isolated positions. An account that chose nothing costs nothing here. Every setter returns what takes its
// change back, for transactions.
import type { ColumnReader, ColumnWriter } from "../snapshot/columns.ts";
import type { MarginMode, PositionSide } from "../types.ts";

/** The choices of one account for one market. */
export interface MarketChoice {
  readonly mode: MarginMode | undefined;
  /** Thousandths; 0: none chosen. */
  readonly longMilli: number;
  readonly shortMilli: number;
}

/** The choices of one account. */
interface AccountChoice {
  /** For markets without a mode of their own. */
  mode: MarginMode | undefined;
  readonly markets: Map<number, MarketChoice>;
  /** Tags of isolated positions that may be topped up. */
  readonly topUps: Set<number>;
}

/** In a snapshot: the market of an account's own mode, and modes by their number. */
const EVERY_MARKET = -1;
const MODES: readonly (MarginMode | undefined)[] = [undefined, "cross", "isolated"];
type FiveNumbers = readonly [number, number, number, number, number];

function modeNumber(mode: MarginMode | undefined): number {
  return MODES.indexOf(mode);
}

const NO_CHOICE: MarketChoice = { mode: undefined, longMilli: 0, shortMilli: 0 };

export class Settings {
  readonly #accounts: Map<number, AccountChoice> = new Map();

  /** The mode chosen for a market, else for the whole account; undefined: none chosen. */
  marginMode(account: number, market: number): MarginMode | undefined {
    const choice = this.#accounts.get(account);
    return choice === undefined ? undefined : (choice.markets.get(market)?.mode ?? choice.mode);
  }

  /** The mode chosen for markets without a mode of their own. */
  accountMode(account: number): MarginMode | undefined {
    return this.#accounts.get(account)?.mode;
  }

  /** Thousandths; 0: none chosen. */
  leverageMilli(account: number, market: number, side: PositionSide): number {
    const choice = this.#accounts.get(account)?.markets.get(market);
    if (choice === undefined) return 0;
    return side === "long" ? choice.longMilli : choice.shortMilli;
  }

  /** Choices by market, in the order of market indices. */
  markets(account: number): [number, MarketChoice][] {
    const choice = this.#accounts.get(account);
    if (choice === undefined || choice.markets.size === 0) return [];
    return [...choice.markets].sort(([a], [b]) => a - b);
  }

  autoTopUp(account: number, tag: number): boolean {
    return this.#accounts.get(account)?.topUps.has(tag) === true;
  }

  /** Whether any isolated position at all may be topped up. */
  get anyTopUp(): boolean {
    for (const { topUps } of this.#accounts.values()) if (topUps.size > 0) return true;
    return false;
  }

  setMode(account: number, market: number, mode: MarginMode | undefined): () => void {
    return this.#put(account, market, { ...this.#choice(account, market), mode });
  }

  setLeverage(account: number, market: number, side: PositionSide, milli: number): () => void {
    const before = this.#choice(account, market);
    const change = side === "long" ? { longMilli: milli } : { shortMilli: milli };
    return this.#put(account, market, { ...before, ...change });
  }

  /** One mode for every market, also those that had one of their own. */
  setAccountMode(account: number, mode: MarginMode | undefined): () => void {
    const undo = this.markets(account).map(([market]) => this.setMode(account, market, undefined));
    const choice = this.#open(account);
    const before = choice.mode;
    choice.mode = mode;
    this.#tidy(account);
    return () => {
      this.#open(account).mode = before;
      this.#tidy(account);
      for (const back of undo.reverse()) back();
    };
  }

  setAutoTopUp(account: number, tag: number, enabled: boolean): () => void {
    const before = this.autoTopUp(account, tag);
    this.#flag(account, tag, enabled);
    return () => this.#flag(account, tag, before);
  }

  /** The account is closed; its index may become another's. */
  forget(account: number): void {
    this.#accounts.delete(account);
  }

  save(into: ColumnWriter): void {
    const choices: number[] = [];
    const topUps: number[] = [];
    for (const [account, choice] of this.#accounts) {
      if (choice.mode !== undefined) {
        choices.push(account, EVERY_MARKET, modeNumber(choice.mode), 0, 0);
      }
      for (const [market, { mode, longMilli, shortMilli }] of choice.markets) {
        choices.push(account, market, modeNumber(mode), longMilli, shortMilli);
      }
      for (const tag of choice.topUps) topUps.push(account, tag);
    }
    into.column("settings.choices", Float64Array.from(choices));
    into.column("settings.topUps", Float64Array.from(topUps));
  }

  /** There are none yet. */
  load(from: ColumnReader): void {
    const choices = from.float64("settings.choices");
    for (let at = 0; at < choices.length; at += 5) {
      const [account, market, mode, longMilli, shortMilli] = choices.subarray(
        at,
        at + 5,
      ) as unknown as FiveNumbers;
      if (market === EVERY_MARKET) this.#open(account).mode = MODES[mode];
      else this.#store(account, market, { mode: MODES[mode], longMilli, shortMilli });
    }
    const topUps = from.float64("settings.topUps");
    for (let at = 0; at < topUps.length; at += 2) {
      this.#flag(topUps[at] as number, topUps[at + 1] as number, true);
    }
  }

  #choice(account: number, market: number): MarketChoice {
    return this.#accounts.get(account)?.markets.get(market) ?? NO_CHOICE;
  }

  #put(account: number, market: number, choice: MarketChoice): () => void {
    const before = this.#choice(account, market);
    this.#store(account, market, choice);
    return () => this.#store(account, market, before);
  }

  #store(account: number, market: number, choice: MarketChoice): void {
    const { markets } = this.#open(account);
    const { mode, longMilli, shortMilli } = choice;
    if (mode === undefined && longMilli === 0 && shortMilli === 0) markets.delete(market);
    else markets.set(market, choice);
    this.#tidy(account);
  }

  #flag(account: number, tag: number, enabled: boolean): void {
    const { topUps } = this.#open(account);
    if (enabled) topUps.add(tag);
    else topUps.delete(tag);
    this.#tidy(account);
  }

  #open(account: number): AccountChoice {
    let choice = this.#accounts.get(account);
    if (choice === undefined) {
      choice = { mode: undefined, markets: new Map(), topUps: new Set() };
      this.#accounts.set(account, choice);
    }
    return choice;
  }

  /** Lets go of an account that has nothing chosen any more. */
  #tidy(account: number): void {
    const choice = this.#accounts.get(account);
    if (choice === undefined || choice.mode !== undefined) return;
    if (choice.markets.size === 0 && choice.topUps.size === 0) this.#accounts.delete(account);
  }
}
