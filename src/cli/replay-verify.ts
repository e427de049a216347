// A replay checked without any index: after every tick each pool is judged anew, by the kernel's exact figures or by the BigInt reference,
// and each live stop is looked at (naive-stops.ts). Who went under and recovered when, and which stops fired, stayed or fell silent, must be
// what the tick told. Slow, and meant to be.
import { crossTag, isolatedTag } from "../engine/accounts.ts";
import type { RiskEngine } from "../engine/engine.ts";
import { RiskError } from "../errors.ts";
import { referencePoolFigures } from "../reference/pool.ts";
import type { EngineEvent, ScopeName, TickOptions } from "../types.ts";
import { NaiveStops } from "./naive-stops.ts";
import type { ReplayObserver, ReplayTick } from "./replay-run.ts";
import { groupDigits, type Paint } from "./terminal.ts";

export interface VerifyOptions {
  /** Judge by the BigInt reference instead of the kernel's exact path. */
  readonly reference: boolean;
  /** What ticks are told to do; undefined: the profile decides. */
  readonly order: TickOptions["order"] | undefined;
}

export interface Difference {
  readonly tick: number;
  readonly time: number;
  readonly stage: string;
  readonly what: string;
}

export interface VerifyReport {
  readonly ticks: number;
  /** Judgements of pools. */
  readonly judged: number;
  /** Looks at stops. */
  readonly looked: number;
  readonly differences: number;
  /** The first ones. */
  readonly shown: readonly Difference[];
}

const SHOWN = 20;
const TAGS = 2 ** 32;

function without(all: ReadonlySet<number>, taken: ReadonlySet<number>): number[] {
  return [...all].filter((key) => !taken.has(key));
}

export class ReplayVerifier implements ReplayObserver {
  readonly #engine: RiskEngine;
  readonly #reference: boolean;
  readonly #stops: NaiveStops;
  /** Ids by account handle. */
  readonly #ids = new Map<number, string>();
  readonly #assets = new Map<string, number>();
  #pools = new Map<number, number>();
  /** Scopes under water after the last tick. */
  #under = new Set<number>();
  #tick: ReplayTick | undefined;
  #ticks = 0;
  #judged = 0;
  #differences = 0;
  readonly #shown: Difference[] = [];

  constructor(engine: RiskEngine, options: VerifyOptions) {
    this.#engine = engine;
    this.#reference = options.reference;
    const book = engine.toBook();
    book.assets.forEach(({ code }, index) => {
      this.#assets.set(code, index);
    });
    for (const { id } of book.accounts) this.#ids.set(engine.accountHandle(id), id);
    this.#stops = new NaiveStops(book, {
      engine,
      order: options.order ?? engine.rules.tickOrder,
      key: (scope) => this.#key(scope),
      differ: (what) => this.#differ(what),
    });
    this.#stops.remember();
  }

  get differences(): number {
    return this.#differences;
  }

  /** A scope as a number: its account and what the kernel's pool is tagged with. */
  #key({ account, scope, settle, symbol, side }: ScopeName): number {
    const engine = this.#engine;
    const tag =
      scope === "cross"
        ? crossTag(this.#assets.get(settle) ?? 0)
        : isolatedTag(engine.marketIndex(symbol ?? ""), side ?? "long");
    return engine.accountHandle(account) * TAGS + tag;
  }

  #nameOf(key: number): string {
    const pool = this.#pools.get(key);
    const account = this.#ids.get(Math.floor(key / TAGS)) ?? "?";
    return `the scope of ${account}${pool === undefined ? "" : ` (pool ${pool})`}`;
  }

  before(): void {
    this.#stops.before();
  }

  after(tick: ReplayTick): undefined {
    this.#tick = tick;
    this.#ticks += 1;
    const under = this.#judge();
    const wasUnder = this.#under;
    this.#compareScopes(tick.events, wasUnder, under);
    this.#stops.after(tick.events, { wasUnder, under, pools: this.#pools });
    this.#under = under;
  }

  /** Funding moved every margin. */
  funded(events: readonly EngineEvent[]): undefined {
    this.#stops.funded(events, this.#findPools());
  }

  #findPools(): Map<number, number> {
    const { kernel } = this.#engine;
    const pools = new Map<number, number>();
    kernel.forEachPool((pool) => pools.set(kernel.owner(pool) * TAGS + kernel.tag(pool), pool));
    return pools;
  }

  /** Every pool, exactly. */
  #judge(): Set<number> {
    const { kernel } = this.#engine;
    const under = new Set<number>();
    const pools = new Map<number, number>();
    kernel.forEachPool((pool) => {
      const key = kernel.owner(pool) * TAGS + kernel.tag(pool);
      pools.set(key, pool);
      this.#judged += 1;
      const liquidatable = this.#isLiquidatable(pool);
      if (liquidatable === undefined) return;
      if (liquidatable) under.add(key);
      if (kernel.alertUnder(pool) !== liquidatable) {
        this.#differ(
          `${this.#nameOf(key)} ${liquidatable ? "is" : "is not"} liquidatable, and the engine holds that it ${liquidatable ? "is not" : "is"}`,
        );
      }
    });
    this.#pools = pools;
    return under;
  }

  /** undefined where a figure does not fit. */
  #isLiquidatable(pool: number): boolean | undefined {
    const { kernel } = this.#engine;
    try {
      return this.#reference
        ? referencePoolFigures(kernel.poolState(pool), this.#engine.rules.triggerInclusive)
            .liquidatable
        : kernel.poolFigures(pool).liquidatable;
    } catch (error) {
      if (error instanceof RiskError && error.code === "VALUE_OUT_OF_RANGE") return undefined;
      throw error;
    }
  }

  /** Who was told to have gone under or recovered, and who has. */
  #compareScopes(
    events: readonly EngineEvent[],
    before: ReadonlySet<number>,
    after: ReadonlySet<number>,
  ): void {
    const told = { liquidatable: new Set<number>(), recovered: new Set<number>() };
    for (const event of events) {
      if (event.type !== "liquidatable" && event.type !== "recovered") continue;
      const key = this.#key(event);
      if (told[event.type].has(key))
        this.#differ(`${this.#nameOf(key)} was told ${event.type} twice`);
      told[event.type].add(key);
    }
    // A scope that is gone counts as recovered: nothing that a tick does closes one that is under water.
    this.#compareSets("liquidatable", told.liquidatable, without(after, before));
    this.#compareSets("recovered", told.recovered, without(before, after));
  }

  #compareSets(type: string, told: ReadonlySet<number>, wanted: readonly number[]): void {
    for (const key of wanted) {
      if (!told.has(key)) this.#differ(`${this.#nameOf(key)} is ${type} and was not told`);
    }
    for (const key of told) {
      if (!wanted.includes(key)) this.#differ(`${this.#nameOf(key)} was told ${type} and is not`);
    }
  }

  #differ(what: string): void {
    this.#differences += 1;
    if (this.#shown.length >= SHOWN || this.#tick === undefined) return;
    const { number, time, stage } = this.#tick;
    this.#shown.push({ tick: number, time, stage, what });
  }

  /** After the last tick. */
  finish(): void {
    this.#stops.finish();
  }

  report(): VerifyReport {
    return {
      ticks: this.#ticks,
      judged: this.#judged,
      looked: this.#stops.looked,
      differences: this.#differences,
      shown: this.#shown,
    };
  }

  lines(paint: Paint): string[] {
    const { ticks, judged, looked, differences, shown } = this.report();
    const by = this.#reference ? "by the BigInt reference" : "by the exact path";
    const verdict =
      `  verified: ${groupDigits(ticks)} ticks, ${groupDigits(judged)} pools judged ${by}, ` +
      `${groupDigits(looked)} looks at stops: ${groupDigits(differences)} differences`;
    return [
      paint(differences === 0 ? "green" : "red", verdict),
      ...shown.map(
        ({ tick, time, stage, what }) =>
          `    tick ${tick} (${new Date(time).toISOString()}, ${stage}): ${what}`,
      ),
    ];
  }
}
