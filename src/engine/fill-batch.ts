// Many fills in one call: columns of numbers in, columns out, and not one object per fill. Each fill has the meaning of one `fill`
// command and they happen in order; one that is refused changes nothing and does not stop the rest. This
// file is what goes in and what comes out; fill-run.ts carries a batch out.
import type { RiskErrorCode } from "../errors.ts";
import { FillRun } from "./fill-run.ts";
import { PlainFills } from "./plain-fills.ts";
import type { EngineState } from "./state.ts";

/** Fills as columns of equal length; row i of each is fill i. */
export interface FillBatch {
  /** Handles of accounts (`engine.accountHandle`). */
  readonly accounts: Uint32Array;
  /** Indices of markets (`engine.marketIndex`). */
  readonly markets: Uint16Array | Uint32Array;
  /** Amounts in the market's units (10^-amountDecimals), positive for buys, negative for sells. */
  readonly quantities: Float64Array;
  /** Price units (10^-priceDecimals). */
  readonly prices: Float64Array;
  /** Units of the settle asset; negative: a rebate. Default 0. */
  readonly fees?: Float64Array;
  /** In place of fees: by the market's schedule, for the whole batch. */
  readonly liquidity?: "maker" | "taker";
  /** Thousandths; 0: none stated. */
  readonly leverages?: Uint32Array;
  /** Which side of a hedged account: 1 long, 2 short, 0 in one-way accounts. Default 0. */
  readonly positionSides?: Uint8Array;
}

/** What became of a batch, row by row. */
export interface FillBatchResult {
  /** Fills that were not refused. */
  readonly accepted: number;
  /** 0 or, for a refused fill, the place of its code in FILL_STATUSES. */
  readonly statuses: Uint8Array;
  /** Units of the market's settle asset, fees not counted; 0 where nothing closed. */
  readonly realizedPnl: BigInt64Array;
}

/** What a status of a batch stands for. */
export const FILL_STATUSES: readonly ("OK" | RiskErrorCode)[] = [
  "OK",
  "INSUFFICIENT_FUNDS",
  "MARGIN_EXHAUSTED",
  "OUT_OF_RANGE",
  "VALUE_OUT_OF_RANGE",
  "BAD_VALUE",
  "UNKNOWN_ACCOUNT",
  "UNKNOWN_SYMBOL",
  "NO_MARK",
  "NO_POSITION",
  "POSITION_MODE",
  "MARGIN_MODE",
  "LEVERAGE",
  "MULTI_ASSET",
  "CAPACITY",
];

type Column =
  | "accounts"
  | "markets"
  | "quantities"
  | "prices"
  | "fees"
  | "leverages"
  | "positionSides";

const COLUMNS: readonly (readonly [Column, readonly string[]])[] = [
  ["accounts", ["Uint32Array"]],
  ["markets", ["Uint16Array", "Uint32Array"]],
  ["quantities", ["Float64Array"]],
  ["prices", ["Float64Array"]],
  ["fees", ["Float64Array"]],
  ["leverages", ["Uint32Array"]],
  ["positionSides", ["Uint8Array"]],
];
const REQUIRED = 4;
const LIQUIDITIES: readonly unknown[] = [undefined, "maker", "taker"];

/** Checks the shape of a batch; what is in its rows is judged fill by fill. */
function requireBatch(batch: FillBatch): void {
  if (typeof batch !== "object" || batch === null) {
    throw new TypeError(`batch must be an object of columns, got ${batch}`);
  }
  COLUMNS.forEach(([name, kinds], place) => {
    const column: unknown = batch[name];
    if (column === undefined && place >= REQUIRED) return;
    const kind = Object.prototype.toString.call(column).slice(8, -1);
    if (!kinds.includes(kind)) {
      throw new TypeError(`batch.${name} must be a ${kinds.join(" or ")}, got ${kind}`);
    }
    const { length } = column as Uint32Array;
    if (length !== batch.accounts.length) {
      throw new RangeError(`batch.${name} must have ${batch.accounts.length} rows, got ${length}`);
    }
  });
  const { fees, liquidity } = batch;
  if (!LIQUIDITIES.includes(liquidity)) {
    throw new TypeError(`batch.liquidity must be "maker" or "taker", got ${liquidity}`);
  }
  if (fees !== undefined && liquidity !== undefined) {
    throw new TypeError("batch.liquidity is for the schedule, not beside batch.fees");
  }
}

/** Carries batches out on one engine's state. */
export class FillBatches {
  readonly #state: EngineState;
  readonly #plain: PlainFills;

  constructor(state: EngineState) {
    this.#state = state;
    this.#plain = new PlainFills(state);
  }

  apply(batch: FillBatch): FillBatchResult {
    requireBatch(batch);
    try {
      return new FillRun(this.#state, this.#plain, batch).run();
    } finally {
      this.#plain.settle();
    }
  }
}
