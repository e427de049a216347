// The kernel behind the interface of its rivals: filled through the public boundary class like any host
// would, scanned at new marks on every call, the list copied out into the caller's array.
import { Kernel } from "../src/kernel.ts";
import type { BenchBook } from "./book.ts";
import type { Rival } from "./rivals/rival.ts";

/** The kernel with what is interesting about how it was filled. */
export interface UnderkeelRival extends Rival {
  readonly kernel: Kernel;
  /** Milliseconds to create all pools and legs, and to bring the screen up to date. */
  readonly fillMilliseconds: number;
  readonly prepareMilliseconds: number;
  /** Pools that the last scan had to judge by 128-bit arithmetic. */
  exactEvaluations(): number;
}

/** Pools into a kernel, with alternating tags 0 and 1. */
export function fill(
  kernel: Kernel,
  book: BenchBook,
): { slots: Int32Array; poolOfHandle: Uint32Array } {
  const slots = Int32Array.from(book.markets, ({ divisor }) =>
    kernel.createPrice({ inverse: false, numerator: 1n, divisor: BigInt(divisor) }),
  );
  const tables = Int32Array.from(book.markets, ({ table }) => kernel.createTable(table));
  slots.forEach((slot, market) => {
    kernel.setMark(slot, book.marks[market] as number);
  });
  const handles = new Uint32Array(book.pools);
  let top = 0;
  for (let pool = 0; pool < book.pools; pool++) {
    const handle = kernel.createPool(book.collateral[pool] as bigint, pool, pool & 1);
    handles[pool] = handle;
    if (handle > top) top = handle;
    const end = book.poolStart[pool + 1] as number;
    for (let leg = book.poolStart[pool] as number; leg < end; leg++) {
      const market = book.legMarket[leg] as number;
      const slot = slots[market] as number;
      const table = tables[market] as number;
      kernel.createLeg(
        handle,
        slot,
        table,
        book.quantity[leg] as number,
        book.cost[leg] as bigint,
        0,
      );
    }
  }
  const poolOfHandle = new Uint32Array(top + 1);
  handles.forEach((handle, pool) => {
    poolOfHandle[handle] = pool;
  });
  return { slots, poolOfHandle };
}

/** Fills a kernel with the book; its handles must equal the pool numbers, as a fresh kernel gives them. */
export function createUnderkeel(book: BenchBook): UnderkeelRival {
  const kernel = new Kernel();
  const started = performance.now();
  const { slots, poolOfHandle } = fill(kernel, book);
  const filled = performance.now();
  kernel.prepare();
  const prepared = performance.now();
  const inOrder = poolOfHandle.every((pool, handle) => pool === handle);
  if (!inOrder) throw new Error("a fresh kernel is expected to number its pools in order from 0");
  const hits = new Uint32Array(book.pools);
  let exact = 0;
  return {
    name: "underkeel",
    exact: true,
    pools: book.pools,
    kernel,
    hits,
    fillMilliseconds: filled - started,
    prepareMilliseconds: prepared - filled,
    exactEvaluations: () => exact,
    scan(prices: Float64Array): number {
      for (let market = 0; market < slots.length; market++) {
        kernel.setMark(slots[market] as number, prices[market] as number);
      }
      const result = kernel.scan();
      result.copyTo(hits);
      exact = result.exactEvaluations;
      return result.count;
    },
  };
}
