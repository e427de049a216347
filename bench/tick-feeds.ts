// What takes a tape in the ticks suite: each is filled from the book's columns, is told some prices at a time, and says who fell under water. Here the kernel's own door, and a scan by the kernel's screen at every tick.
import type { Kernel } from "../src/kernel.ts";
import { WOKE_LIQUIDATABLE } from "../src/layout-ticks.ts";
import type { BenchBook } from "./book.ts";
import { createUnderkeel } from "./underkeel.ts";

/** Takes ticks. */
export interface TickFeed {
  readonly name: string;
  /** Exact ones must agree after every tick. */
  readonly exact: boolean;
  /** Pools that the last tick put under water: fallen[0 .. fallenCount() - 1], in any order. */
  readonly fallen: Uint32Array;
  fallenCount(): number;
  /** `count` rows from `from` on are new prices: place of the market in the book, price units; no market twice. */
  tick(markets: Uint16Array, prices: Float64Array, from: number, count: number): void;
  /** The pool leaves the book. */
  close(pool: number): void;
}

/** A feed that looks only at what was passed. */
export interface IndexedFeed extends TickFeed {
  readonly pools: number;
  readonly kernel: Kernel;
  /** Evaluations of the last tick, and whether the screen decided it. */
  evaluations(): number;
  screened(): boolean;
}

/** Rows on their way into a tick. */
export class TickRows {
  readonly markets: Uint16Array;
  readonly prices: Float64Array;

  constructor(most: number) {
    this.markets = new Uint16Array(most);
    this.prices = new Float64Array(most);
  }

  take(markets: Uint16Array, prices: Float64Array, from: number, count: number): void {
    for (let row = 0; row < count; row++) {
      this.markets[row] = markets[from + row] as number;
      this.prices[row] = prices[from + row] as number;
    }
  }
}

/** A kernel whose slots and pools have the numbers of the book's markets and pools. */
export function createFilledKernel(book: BenchBook): Kernel {
  const { kernel } = createUnderkeel(book);
  book.marks.forEach((mark, market) => {
    if (kernel.mark(market) !== mark) throw new Error("a fresh kernel numbers its slots from 0");
  });
  return kernel;
}

/** kernel.tick and kernel.wake, their news read. */
export function createKernelFeed(book: BenchBook): IndexedFeed {
  const kernel = createFilledKernel(book);
  kernel.enableTriggers();
  const rows = new TickRows(book.markets.length);
  const fallen = new Uint32Array(book.pools);
  const told = { pools: new Uint32Array(book.pools), flags: new Uint8Array(book.pools) };
  let count = 0;
  return {
    name: "underkeel kernel.tick + wake",
    exact: true,
    pools: book.pools,
    kernel,
    fallen,
    fallenCount: () => count,
    evaluations: () => kernel.tickEvaluations,
    screened: () => kernel.tickScreened,
    close: (pool) => kernel.removePool(pool),
    tick(markets, prices, from, length): void {
      rows.take(markets, prices, from, length);
      kernel.tick(rows.markets, rows.prices, length);
      const woken = kernel.wake();
      count = 0;
      if (woken === 0) return;
      kernel.copyWoken(told.pools, told.flags);
      for (let index = 0; index < woken; index++) {
        if (((told.flags[index] as number) & WOKE_LIQUIDATABLE) === 0) continue;
        fallen[count++] = told.pools[index] as number;
      }
    },
  };
}

/** A scan of all pools at every tick: the kernel's screen without triggers. Whoever it finds must leave before the next tick. */
export function createScreenFeed(book: BenchBook): TickFeed {
  const kernel = createFilledKernel(book);
  const fallen = new Uint32Array(book.pools);
  let count = 0;
  return {
    name: "underkeel scan at every tick",
    exact: true,
    fallen,
    fallenCount: () => count,
    close: (pool) => kernel.removePool(pool),
    tick(markets, prices, from, length): void {
      for (let row = from; row < from + length; row++) {
        kernel.setMark(markets[row] as number, prices[row] as number);
      }
      const scan = kernel.scan();
      scan.copyTo(fallen);
      count = scan.count;
    },
  };
}
