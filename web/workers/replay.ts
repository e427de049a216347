// The bundled crash, bar by bar: a made-up tape that starts at the book's marks, each bar four ticks (open, the extreme nearer to it, the other,
// close), and after each tick the liquidation of whoever went under, by the ladder, against an insurance fund. As `underkeel replay
// --liquidate ladder` does it, without its impact on prices. The book is another one afterwards.
import { ReplayLiquidation } from "../../src/cli/replay-liquidation.ts";
import { formatDecimal, parseDecimal } from "../../src/decimal.ts";
import type { RiskEngine } from "../../src/engine/engine.ts";
import { generateTape, type PricedMarket, type TapeRow } from "../../src/generate/index.ts";
import type { Bar, BarGroup } from "../../src/tape/bars.ts";
import { STAGES, stagePrice } from "../../src/tape/stages.ts";
import type { EngineEvent, LiquidationPolicy } from "../../src/types.ts";
import type { MarketFacts, ReplayBar, ReplayFacts } from "../book/protocol.ts";

export const REPLAY_BARS = 240;
const START = Date.UTC(2025, 9, 10, 19, 30);
const SEED = "crash";
/** What each fund holds at first: this share of the book's notional, in ten thousandths. */
const FUND_SHARE = 5n;
const POLICY: LiquidationPolicy = {
  method: "ladder",
  slippage: "0.001",
  fee: "0.005",
  deleverage: true,
};
const AMOUNT_DECIMALS = 18;

/** A market as the tape's generator takes it: only name, mark and decimals matter to a price. */
function priced({ symbol, settle, priceDecimals, mark }: MarketFacts): PricedMarket {
  const precision = { amount: "1" };
  const tiers = [{ maintenanceMarginRate: "0.01" }];
  return {
    definition: { symbol, settle, precision, priceDecimals, tiers },
    mark: formatDecimal(mark, priceDecimals),
  };
}

function amount(text: string): bigint {
  return parseDecimal(text, AMOUNT_DECIMALS, "amount");
}

/** The tape, its rows grouped into bars of all markets. */
function tapeOf(markets: readonly MarketFacts[]): BarGroup[] {
  const moving = markets.flatMap((market, index) => (market.mark === 0 ? [] : [{ market, index }]));
  const rows = generateTape({
    seed: SEED,
    markets: moving.map(({ market }) => priced(market)),
    bars: REPLAY_BARS,
    start: START,
  });
  const groups: { time: number; bars: Bar[] }[] = [];
  let place = 0;
  for (const row of rows) {
    const { market, index } = moving[place % moving.length] as (typeof moving)[number];
    if (place % moving.length === 0) groups.push({ time: row.time, bars: [] });
    groups.at(-1)?.bars.push(barOf(row, market, index));
    place++;
  }
  return groups;
}

function barOf(row: TapeRow, { symbol, priceDecimals }: MarketFacts, index: number): Bar {
  const units = (text: string): number => Number(parseDecimal(text, priceDecimals, symbol));
  return {
    market: { index, symbol, priceDecimals },
    open: units(row.open),
    high: units(row.high),
    low: units(row.low),
    close: units(row.close),
  };
}

/** Exact sums of one settle asset. */
class Sums {
  long = 0n;
  short = 0n;
  uncovered = 0n;
}

export class CrashReplay {
  readonly #engine: RiskEngine;
  readonly #tape: readonly BarGroup[];
  readonly #liquidation: ReplayLiquidation;
  readonly #settles: ReadonlyMap<string, string>;
  /** The asset that amounts are shown in: that of the first market. */
  readonly #settle: string;
  readonly #now: () => number;
  readonly #sums: Sums = new Sums();
  readonly #indices: Int32Array;
  readonly #prices: Float64Array;
  readonly #marks: Float64Array;
  readonly #accounts: Set<string> = new Set();
  #done = 0;
  #scopes = 0;
  #deleveraged = 0;
  #ticks = 0;
  #tickMs = 0;
  #liquidateMs = 0;
  #watchMs = 0;

  constructor(engine: RiskEngine, markets: readonly MarketFacts[], now: () => number) {
    this.#engine = engine;
    this.#tape = tapeOf(markets);
    this.#settles = new Map(markets.map(({ symbol, settle }) => [symbol, settle]));
    this.#settle = markets[0]?.settle ?? "";
    const symbols = markets.map(({ symbol }) => symbol);
    const plan = { policy: POLICY, impact: null };
    this.#liquidation = new ReplayLiquidation(engine, plan, symbols);
    this.#now = now;
    this.#indices = new Int32Array(markets.length);
    this.#prices = new Float64Array(markets.length);
    this.#marks = Float64Array.from(markets, ({ mark }) => mark);
    for (const [asset, notional] of Object.entries(engine.stats().notional)) {
      const fund = (amount(notional) * FUND_SHARE) / 10_000n;
      // Whole units: any asset has decimals for them.
      const whole = fund / 10n ** BigInt(AMOUNT_DECIMALS);
      engine.apply({ type: "setInsuranceFund", asset, amount: formatDecimal(whole, 0) });
    }
  }

  get done(): boolean {
    return this.#done >= this.#tape.length;
  }

  /** Marks by market, in price units. */
  get marks(): Float64Array {
    return this.#marks;
  }

  /** Plays bars until so many are done or the budget is spent; one at least unless the tape is at its end. */
  play(bars: number, budgetMs: number): ReplayFacts {
    const until = this.#now() + budgetMs;
    const played: ReplayBar[] = [];
    while (played.length < bars && !this.done) {
      played.push(this.#bar());
      if (this.#now() >= until) break;
    }
    return this.#facts(played);
  }

  #bar(): ReplayBar {
    const { time, bars } = this.#tape[this.#done] as BarGroup;
    const before = { long: this.#sums.long, short: this.#sums.short };
    for (const stage of STAGES) {
      let count = 0;
      for (const bar of bars) {
        this.#indices[count] = bar.market.index;
        this.#prices[count] = stagePrice(bar, stage, "nearest");
        this.#marks[bar.market.index] = this.#prices[count] as number;
        count++;
      }
      this.#tick(time, count);
      this.#liquidate(time);
    }
    this.#done++;
    const { long, short, uncovered } = this.#sums;
    return {
      time,
      long: asNumber(long - before.long),
      short: asNumber(short - before.short),
      fund: Number(this.#engine.insuranceFund(this.#settle)),
      uncovered: asNumber(uncovered),
      prices: this.#marks.slice(),
    };
  }

  #tick(time: number, count: number): void {
    const started = this.#now();
    const result = this.#engine.tickMarks(this.#indices, this.#prices, count, { time });
    const took = this.#now() - started;
    if (this.#ticks++ === 0) this.#watchMs = took;
    else this.#tickMs += took;
    this.#liquidation.note([...result.events()]);
  }

  #liquidate(time: number): void {
    const started = this.#now();
    for (const event of this.#liquidation.run(time)) this.#count(event);
    this.#liquidateMs += this.#now() - started;
  }

  #count(event: EngineEvent): void {
    if (event.type === "positionLiquidated") {
      if (this.#settles.get(event.symbol) !== this.#settle) return;
      this.#sums[event.side] += amount(event.notional);
      this.#sums.uncovered += amount(event.uncovered);
    } else if (event.type === "liquidationStarted") {
      this.#scopes++;
      this.#accounts.add(event.account);
    } else if (event.type === "liquidationEnded" && event.settle === this.#settle) {
      this.#sums.uncovered += amount(event.uncovered);
    } else if (event.type === "deleveraged") this.#deleveraged++;
  }

  #facts(bars: readonly ReplayBar[]): ReplayFacts {
    const { long, short, uncovered } = this.#sums;
    return {
      bars,
      done: this.#done,
      total: this.#tape.length,
      settle: this.#settle,
      liquidatedScopes: this.#scopes,
      liquidatedAccounts: this.#accounts.size,
      longNotional: formatDecimal(long, AMOUNT_DECIMALS),
      shortNotional: formatDecimal(short, AMOUNT_DECIMALS),
      fund: this.#engine.insuranceFund(this.#settle),
      uncovered: formatDecimal(uncovered, AMOUNT_DECIMALS),
      deleveraged: this.#deleveraged,
      ticks: this.#ticks,
      tickMs: this.#tickMs,
      liquidateMs: this.#liquidateMs,
      watchMs: this.#watchMs,
    };
  }
}

function asNumber(units: bigint): number {
  return Number(units) / 10 ** AMOUNT_DECIMALS;
}
