// Liquidation maps at the boundary: levels of one price in, and per level who is first liquidatable there, out.
import { requireBigint, requireHandle, requireInteger } from "./arguments.ts";
import { KernelTicks } from "./kernel-ticks.ts";
import * as layout from "./layout.ts";
import * as records from "./layout-map.ts";

/** Other prices that move with the map's: by betaPpm / 10^6 times its relative move. */
export interface MapFollowers {
  readonly slots: readonly number[];
  /** In millionths, at most 10^9 in size; negative: they move the other way. */
  readonly betaPpm: bigint;
}

/** What first becomes liquidatable at a level. Notionals are sums, in quote units, of legs' notionals each rounded down. */
export interface MapSums {
  readonly scopes: number;
  /** Of the legs that follow the slot, on the side that falls: longs below the mark, shorts above it. */
  readonly notional: bigint;
  /** Of all other legs of the same pools but collateral coins, at their prices there. */
  readonly otherNotional: bigint;
}

/** A map as the kernel gathers it. */
export interface KernelMap {
  /** Pools liquidatable at the marks, which no level holds. */
  readonly atMark: MapSums & { readonly shortNotional: bigint };
  /** As the levels given, below and above the mark. */
  readonly below: readonly MapSums[];
  readonly above: readonly MapSums[];
  /** Pools that the screen neither clears nor places: followed along the levels, counted once a sweep (a side each where others move too). */
  readonly poolsFollowed: number;
  /** Points evaluated in doubles, and in integers where doubles could not tell. */
  readonly pointsEvaluated: number;
  readonly exactEvaluations: number;
}

const NOBODY: MapFollowers = { slots: [], betaPpm: 0n };
const LARGEST_BETA = 10n ** 9n;
const LARGEST_SHARE = 2n ** 62n;

/** A Kernel that draws maps. */
export class KernelMaps extends KernelTicks {
  /** The pool that stopped the last scan, map or funding period that threw. */
  get faultPool(): number {
    return this.current().header(layout.HEADER_FAULT_POOL);
  }

  /**
   * At which level each pool with a leg on the slot is first liquidatable, going outward from its mark; with followers, each pool with a
   * leg on those as well. A price that follows stands at mark + mark · share, rounded toward its mark, within 1 .. maxPrice, where
   * share = beta · (price - mark) / mark of the map's slot, rounded toward 0 to 1e-12. Changes nothing.
   *
   * @param below levels under the slot's mark, falling; @param above over it, rising: at most MAX_MAP_LEVELS together, all within 1 .. maxPrice
   * @throws RangeError for levels out of order or range, or that move the followers by more than 2^62 · 1e-12; RiskError
   * VALUE_OUT_OF_RANGE, NO_MARK ({@link faultPool} is then the pool)
   * @example
   * const kernel = new Kernel();
   * const slot = kernel.createPrice({ inverse: false, numerator: 1n, divisor: 1n });
   * kernel.setMark(slot, 100);
   * const bracket = { floor: 0n, rate: 5, scaledAmount: 0n, initialRate: 10 };
   * const terms = { style: "marginal", haircut: false, rateDenominator: 1_000, closeFeeRate: 0, brackets: [bracket] };
   * const pool = kernel.createPool(150n, 0, 0);
   * kernel.createLeg(pool, slot, kernel.createTable(terms), 10, 1_000n, 0);
   * const map = kernel.priceMap(slot, [90, 80], [110]);
   * map.below[1]; // => { scopes: 1, notional: 800n, otherNotional: 0n }
   */
  priceMap(
    slot: number,
    below: readonly number[],
    above: readonly number[],
    followers: MapFollowers = NOBODY,
  ): KernelMap {
    this.current().price(requireHandle(slot, "slot"));
    const mark = this.mark(slot);
    if (mark === 0) throw this.failure(layout.STATUS_NO_MARK, "price slot", slot);
    requireInteger(below.length + above.length, 1, records.MAX_MAP_LEVELS, "levels");
    requireOutward(below, -1, mark, 1);
    requireOutward(above, 1, mark, this.maxPrice(slot));
    const { slots, betaPpm } = followers;
    requireBigint(betaPpm, -LARGEST_BETA, LARGEST_BETA, "betaPpm");
    for (const other of slots) this.current().price(requireHandle(other, "follower"));
    const shares = [...below, ...above].map((price) => {
      const share = (betaPpm * 1_000_000n * BigInt(price - mark)) / BigInt(mark);
      requireBigint(share, -LARGEST_SHARE, LARGEST_SHARE, "move of the followers");
      return share;
    });
    this.#postLevels([mark, mark, ...below, ...above], [0n, 0n, ...shares]);
    const { u16 } = this.views;
    u16.fill(0, records.MAP_FOLLOWS / 2, records.MAP_FOLLOWS / 2 + layout.MAX_PRICES);
    for (const other of slots) u16[records.MAP_FOLLOWS / 2 + other] = 1;
    const follows = slots.length > 0 && betaPpm !== 0n ? 1 : 0;
    const status = this.exports.priceMap(slot, below.length, above.length, follows);
    this.views.refresh();
    if (status < 0) throw this.failure(status, "pool", this.faultPool);
    return this.#readMap(below.length, above.length);
  }

  /** Puts levels, their sums 0, into memory. */
  #postLevels(prices: readonly number[], shares: readonly bigint[]): void {
    const { f64, i64 } = this.views;
    prices.forEach((price, index) => {
      const at = (records.MAP_LEVELS + index * records.MAP_LEVEL_BYTES) / 8;
      i64.fill(0n, at, at + records.MAP_LEVEL_BYTES / 8);
      f64[at + records.MAP_PRICE / 8] = price;
      i64[at + records.MAP_SHARE / 8] = shares[index] as bigint;
    });
  }

  #readMap(below: number, above: number): KernelMap {
    const { views } = this;
    const sumsAt = (index: number): MapSums => {
      const at = records.MAP_LEVELS + index * records.MAP_LEVEL_BYTES;
      return {
        scopes: views.header(at + records.MAP_SCOPES),
        notional: views.wide(at + records.MAP_NOTIONAL),
        otherNotional: views.wide(at + records.MAP_OTHER),
      };
    };
    return {
      atMark: { ...sumsAt(0), shortNotional: sumsAt(1).notional },
      below: Array.from({ length: below }, (_, index) => sumsAt(2 + index)),
      above: Array.from({ length: above }, (_, index) => sumsAt(2 + below + index)),
      poolsFollowed: views.header(records.MAP_LEVELS + records.MAP_WALKED),
      pointsEvaluated: views.header(records.MAP_LEVELS + records.MAP_POINTS),
      exactEvaluations: views.header(records.MAP_LEVELS + records.MAP_EXACT),
    };
  }
}

function requireOutward(prices: readonly number[], sign: 1 | -1, mark: number, last: number): void {
  let before = mark;
  for (const price of prices) {
    const [least, most] = sign > 0 ? [before + 1, last] : [last, before - 1];
    requireInteger(price, least, most, "level price");
    before = price;
  }
}
