// What a tick costs, counted and not timed: on a made-up crash with thousands of cross accounts a tick evaluates few of them, a tick within
// every zone evaluates none, a market costs only its own holders, a fall of everything is left to the screen and a bounded number
// of evaluations, and what was armed never takes more memory than its legs.

import { describe, expect, test } from "vitest";
import { standardMarkets } from "../../src/generate/index.ts";
import { generateTape } from "../../src/generate/tape.ts";
import { Kernel } from "../../src/kernel.ts";
import { HEADER_LIVE_NODES } from "../../src/layout.ts";
import { WOKE_LIQUIDATABLE } from "../../src/layout-ticks.ts";
import { deriveTable } from "../../src/tiers/index.ts";
import { BUILDS } from "../support/builds.ts";
import { wake } from "../support/woken.ts";

const SCALE = 100_000_000;
const MARKETS = 6;
/** Sizes by build, and evaluations a tick on average at most. The debug build is slow; its bars are coarser, so more is passed in each. */
const CRASHES = {
  release: { accounts: 100_000, bars: 1_440, most: 4 },
  debug: { accounts: 4_000, bars: 300, most: 1 },
};

/** Uniform in [0, 1), the same for a seed everywhere. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class CrossBook {
  readonly kernel: Kernel;
  readonly marks: number[] = [];
  readonly pools: number[] = [];
  live = 0;
  legs = 0;
  readonly #tables: number[] = [];
  readonly #random = generator(7);

  constructor(wasm: Uint8Array | undefined, accounts: number) {
    this.kernel = new Kernel(wasm === undefined ? {} : { wasm });
    for (const { definition, mark } of standardMarkets().slice(0, MARKETS)) {
      const slot = this.kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1_000n });
      this.marks[slot] = Math.round(Number(mark) * SCALE);
      this.kernel.setMark(slot, this.marks[slot] ?? 0);
      const options = {
        settleDecimals: 8,
        style: "marginal",
        closeFeeRate: 0,
        path: definition.symbol,
      } as const;
      this.#tables.push(this.kernel.createTable(deriveTable(definition.tiers, options).table));
    }
    for (let account = 0; account < accounts; account++) this.#open();
  }

  /** Equity is 1 / 100 to 100 times the gross notional, most near 2; never below 1.05 maintenance margins. */
  #open(): void {
    const { kernel } = this;
    const pool = kernel.createPool(0n, 0, 0);
    const held = new Set<number>();
    while (held.size < MARKETS && (held.size === 0 || this.#random() < 0.6)) {
      held.add(Math.floor(this.#random() * MARKETS));
    }
    let gross = 0;
    for (const slot of held) {
      const mark = this.marks[slot] ?? 1;
      const size = Math.ceil((50 + 5_000 * this.#random() ** 3) / (mark / SCALE / 1_000));
      const quantity = this.#random() < 0.55 ? size : -size;
      const cost = (BigInt(quantity) * BigInt(mark)) / 1_000n;
      kernel.createLeg(pool, slot, this.#tables[slot] ?? 0, quantity, cost, 0);
      gross += (size * mark) / 1_000;
      this.legs++;
    }
    const leverage = 10 ** (-2 + 4 * ((this.#random() + this.#random() + this.#random()) / 3));
    const { maintenanceMargin, equity } = kernel.poolFigures(pool);
    const least = (maintenanceMargin * 105n) / 100n;
    const wanted = BigInt(Math.round(gross / leverage));
    kernel.setCollateral(pool, (wanted > least ? wanted : least) - equity);
    this.pools.push(pool);
    this.live++;
  }

  /** Evaluations of a tick; pools that fall leave the book. */
  tick(slots: readonly number[], prices: readonly number[]): number {
    const { kernel } = this;
    kernel.tick(slots, prices, slots.length);
    const fallen = wake(kernel).filter(([, flags]) => (flags & WOKE_LIQUIDATABLE) !== 0);
    const evaluations = kernel.tickEvaluations;
    for (const [pool] of fallen) kernel.removePool(pool);
    this.live -= fallen.length;
    return evaluations;
  }

  arm(): void {
    this.kernel.enableTriggers();
    this.tick([], []);
    expect(this.kernel.queuedPools).toBe(0);
  }

  get liveNodes(): number {
    const kernel = this.kernel as unknown as { views: { header(at: number): number } };
    return kernel.views.header(HEADER_LIVE_NODES);
  }
}

/** Prices of the made-up crash as a feed sends them: one market at a time, unchanged ones left out. */
function feed(bars: number): { slot: number; price: number }[] {
  const markets = standardMarkets().slice(0, MARKETS);
  const slots = new Map(
    markets.map(({ definition }, slot) => [definition.symbol.split("/")[0], slot]),
  );
  const rows: { slot: number; price: number }[] = [];
  const last = new Map<number, number>();
  for (const row of generateTape({ seed: "work", markets, bars, start: 0 })) {
    const slot = slots.get(row.symbol) ?? 0;
    for (const text of [row.open, row.low, row.high, row.close]) {
      const price = Math.round(Number(text) * SCALE);
      if (last.get(slot) !== price) rows.push({ slot, price });
      last.set(slot, price);
    }
  }
  return rows;
}

describe.each(BUILDS)("work of ticks ($name build)", ({ name, wasm }) => {
  test("a crash: few evaluations a tick, and nodes for live legs only", () => {
    const { accounts, bars, most } = CRASHES[name];
    const book = new CrossBook(wasm, accounts);
    book.arm();
    const rows = feed(bars);
    let evaluations = 0;
    for (const { slot, price } of rows) evaluations += book.tick([slot], [price]);
    expect(book.live).toBeLessThan(accounts * 0.98);
    expect(evaluations).toBeGreaterThan(0);
    expect(evaluations / rows.length).toBeLessThan(most);
    expect(book.liveNodes).toBeLessThanOrEqual(book.legs);
  });

  test("a tick within every zone evaluates nothing, one that passes a single trigger one pool", () => {
    const book = new CrossBook(wasm, 500);
    const { kernel } = book;
    const pool = kernel.createPool(0n, 0, 0);
    const mark = book.marks[0] ?? 0;
    const leg = kernel.createLeg(pool, 0, 0, 1_000, BigInt(mark), 0);
    // By far the nearest to liquidation: a thousandth away.
    const { maintenanceMargin } = kernel.legFigures(leg);
    kernel.setCollateral(pool, maintenanceMargin + BigInt(Math.round(mark / 1_000)));
    book.arm();
    const price = kernel.liquidationPrice(pool, 0, "down") ?? 0;
    expect(price).toBeGreaterThan(0);
    expect(book.tick([0], [mark - 1])).toBe(0);
    expect(book.tick([0], [price + 1])).toBe(0);
    expect(book.tick([0], [price])).toBeGreaterThan(0);
    expect(book.tick([0], [price])).toBe(0);
  });

  test("a fall of everything is the screen's; evaluations stay bounded, and are done in the ticks after", () => {
    const accounts = 10_000;
    const book = new CrossBook(wasm, accounts);
    book.arm();
    const fallen = book.marks.map((mark) => Math.round(mark * 0.8));
    const slots = fallen.map((_, slot) => slot);
    const most = 2 * Math.max(256, accounts / 512);
    expect(book.tick(slots, fallen)).toBeLessThanOrEqual(most);
    expect(book.kernel.tickScreened).toBe(true);
    let ticks = 0;
    while (book.kernel.tickScreened && ticks < accounts) {
      expect(book.tick([], [])).toBeLessThanOrEqual(most);
      ticks++;
    }
    expect(book.kernel.tickScreened).toBe(false);
    expect(book.tick([], [])).toBe(0);
    expect(book.liveNodes).toBeLessThanOrEqual(book.legs);
  });

  test("a change of one pool evaluates that pool", () => {
    const book = new CrossBook(wasm, 500);
    book.arm();
    const pool = book.pools[17] ?? 0;
    const { kernel } = book;
    kernel.setCollateral(pool, kernel.collateral(pool) + 1n);
    expect(book.tick([], [])).toBeLessThanOrEqual(2);
    expect(book.tick([], [])).toBe(0);
  });
});
