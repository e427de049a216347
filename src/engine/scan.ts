// The result of a scan: which scopes are liquidatable, as handles copied out of the kernel. Figures are computed only
// for the lines one asks for, at the prices of the scan: the marks as they are then, or the trial prices
// of a what-if scan, which are put in place of the marks for the moment of the computation and taken back.
import { requireInteger } from "../arguments.ts";
import { formatDecimal } from "../decimal.ts";
import { RiskError } from "../errors.ts";
import type { KernelScan } from "../kernel.ts";
import { MOST_DEEPEST } from "../layout-deepest.ts";
import type { PoolFigures } from "../model.ts";
import type { MarginMode, PositionSide } from "../types.ts";
import { deepestPools, hasOneScale } from "./deepest.ts";
import { emptyRecord } from "./order.ts";
import { refuse } from "./read.ts";
import { identifyPool, marginRatioE8, settleOf } from "./scope.ts";
import type { EngineMarket, EngineState } from "./state.ts";

const RATIO_DECIMALS = 8;
/** Lines computed at a time under trial prices: enough to make the exchange of prices cheap. */
const CHUNK = 1024;

/** One liquidatable scope. Amounts are decimal strings in the settle asset. */
export interface ScanLine {
  readonly account: string;
  readonly scope: MarginMode;
  readonly settle: string;
  /** Isolated scopes only. */
  readonly symbol: string | null;
  readonly side: PositionSide | null;
  readonly equity: string;
  readonly maintenanceMargin: string;
  /** equity less maintenance margin and fee to close; below 0, or 0 in an inclusive profile. */
  readonly clearance: string;
  /** Requirement over equity, rounded up to 8 decimals; null where equity <= 0. */
  readonly marginRatio: string | null;
}

/** Prices in units by market (or coin), in place of the marks. */
export type TrialPrices = readonly (readonly [Pick<EngineMarket, "slot">, number])[];

/** Runs a computation with other marks and puts the marks back whatever happens. */
export function withPrices<Result>(
  state: EngineState,
  prices: TrialPrices,
  compute: () => Result,
): Result {
  const { kernel } = state;
  // Nobody holds a market that never had a mark, and a mark cannot be taken away again.
  const moved = prices.filter(([{ slot }]) => kernel.mark(slot) !== 0);
  const before = moved.map(([{ slot }]) => [slot, kernel.mark(slot)] as const);
  try {
    for (const [{ slot }, price] of moved) kernel.setMark(slot, price);
    return compute();
  } finally {
    for (const [slot, mark] of before) kernel.setMark(slot, mark);
  }
}

/** A pool's handle means nothing to a user: the error names the account and its scope instead. Others pass unchanged. */
export function nameScope(
  state: EngineState,
  pool: number,
  error: unknown,
  place?: string,
): unknown {
  if (!(error instanceof RiskError)) return error;
  if (error.code !== "VALUE_OUT_OF_RANGE" && error.code !== "NO_MARK") return error;
  const { account, scope, settle, symbol, side } = identifyPool(state, pool);
  const what = symbol === null ? `${scope} ${settle}` : `${scope} ${symbol} ${side}`;
  const message =
    error.code === "NO_MARK"
      ? "a market that it holds has no mark"
      : "a figure does not fit 63 bits of quote units at these prices";
  const where = place === undefined ? "" : `${place}: `;
  const path = `${where}account ${JSON.stringify(account)}, ${what}`;
  return new RiskError(error.code, message, { path, cause: error });
}

function figuresOf(state: EngineState, pool: number): PoolFigures {
  try {
    return state.kernel.poolFigures(pool);
  } catch (error) {
    throw nameScope(state, pool, error);
  }
}

function scanAt(state: EngineState, prices: "marks" | "trial", deepest = 0): KernelScan {
  try {
    return state.kernel.scan(prices, deepest);
  } catch (error) {
    throw nameScope(state, state.kernel.faultPool, error);
  }
}

function scanLine(state: EngineState, pool: number, figures: PoolFigures): ScanLine {
  const { equity, maintenanceMargin, closeFee, clearance } = figures;
  const { decimals } = state.assetAt(settleOf(state, pool));
  const ratio = marginRatioE8(maintenanceMargin + closeFee, equity);
  return {
    ...identifyPool(state, pool),
    equity: formatDecimal(equity, decimals),
    maintenanceMargin: formatDecimal(maintenanceMargin, decimals),
    clearance: formatDecimal(clearance, decimals),
    marginRatio: ratio === null ? null : formatDecimal(ratio, RATIO_DECIMALS),
  };
}

/**
 * Which scopes are liquidatable. Valid until the next command, after which its methods throw a RangeError: take what is
 * needed first, as in `for (const line of [...engine.scan().lines()])`.
 */
export class ScanResult {
  /** Liquidatable scopes. */
  readonly count: number;
  /** Scopes that the screen could not decide and the exact path judged. */
  readonly exactEvaluations: number;
  /** Kernel handles of the liquidatable pools; a copy. */
  readonly handles: Uint32Array;
  readonly #state: EngineState;
  readonly #prices: TrialPrices;
  readonly #commands: number;
  /** Handles that hold the `#gatheredFor` deepest. */
  readonly #gathered: Uint32Array | undefined;
  readonly #gatheredFor: number;

  constructor(state: EngineState, scan: KernelScan, prices: TrialPrices, gatheredFor = 0) {
    this.count = scan.count;
    this.exactEvaluations = scan.exactEvaluations;
    this.handles = scan.copyTo(new Uint32Array(scan.count));
    this.#state = state;
    this.#prices = prices;
    this.#commands = state.commands;
    this.#gathered = scan.deepest;
    this.#gatheredFor = gatheredFor;
  }

  /** One line per liquidatable scope, in the order of `handles`. */
  *lines(): Generator<ScanLine, void, undefined> {
    for (let start = 0; start < this.count; start += CHUNK) {
      for (const line of this.#linesOf(this.handles.subarray(start, start + CHUNK))) {
        this.#requireCurrent();
        yield line;
      }
    }
  }

  /** The n scopes with the lowest clearance (as a number of settle units, whatever the asset), lowest first, equal ones by handle. */
  deepest(n: number): ScanLine[] {
    const state = this.#state;
    this.#requireCurrent();
    requireInteger(n, 0, Number.MAX_SAFE_INTEGER, "n");
    const gathered = n <= this.#gatheredFor ? this.#gathered : undefined;
    const pools = withPrices(state, this.#prices, () =>
      deepestPools(state, gathered ?? this.handles, n, (pool) => figuresOf(state, pool)),
    );
    return this.#linesOf(pools);
  }

  /** Notional of all liquidatable scopes by settle asset, at the prices of the scan. */
  notional(): Record<string, string> {
    const state = this.#state;
    this.#requireCurrent();
    const sums = state.assets.map(() => 0n);
    withPrices(state, this.#prices, () => {
      for (const pool of this.handles) {
        const asset = settleOf(state, pool);
        for (const leg of state.legs(pool)) {
          sums[asset] = (sums[asset] ?? 0n) + state.kernel.legFigures(leg).notional;
        }
      }
    });
    const notional = emptyRecord<string>();
    for (const { index, code, decimals } of state.assets) {
      const sum = sums[index] ?? 0n;
      if (sum !== 0n) notional[code] = formatDecimal(sum, decimals);
    }
    return notional;
  }

  /** Handles may stand for other pools once a command has run. */
  #requireCurrent(): void {
    if (this.#commands === this.#state.commands) return;
    throw new RangeError("a command has run since this scan: scan again, or take its lines first");
  }

  #linesOf(pools: Iterable<number>): ScanLine[] {
    const state = this.#state;
    this.#requireCurrent();
    return withPrices(state, this.#prices, () =>
      Array.from(pools, (pool) => scanLine(state, pool, figuresOf(state, pool))),
    );
  }
}

/** Scans at the marks. */
export function scanMarks(state: EngineState): ScanResult {
  return new ScanResult(state, scanAt(state, "marks"), []);
}

/** Prices in units by index of market, `count` of them, as trial prices; of a market named twice the last holds. */
export function trialByIndex(
  state: EngineState,
  markets: ArrayLike<number>,
  prices: ArrayLike<number>,
  count: number,
): TrialPrices {
  requireInteger(count, 0, Math.min(markets.length, prices.length), "count");
  return Array.from({ length: count }, (_, row) => {
    const market = state.markets[markets[row] as number];
    if (market === undefined) {
      refuse("UNKNOWN_SYMBOL", "no market has this index", `markets[${row}]`, markets[row]);
    }
    const price = prices[row] as number;
    if (!(Number.isInteger(price) && price >= 1 && price <= market.maxPrice)) {
      const message = `must be a whole number of price units, 1 to ${market.maxPrice}`;
      refuse("OUT_OF_RANGE", message, `prices[${row}]`, price);
    }
    return [market, price] as const;
  });
}

/**
 * Scans at other prices; markets that are not named keep their marks. The `deepest` are gathered on the way, where the kernel can compare
 * clearances.
 */
export function scanTrial(state: EngineState, prices: TrialPrices, deepest = 0): ScanResult {
  const { kernel } = state;
  kernel.copyMarksToTrial();
  for (const [{ slot }, price] of prices) kernel.setTrial(slot, price);
  requireInteger(deepest, 0, MOST_DEEPEST, "deepest");
  const gathered = hasOneScale(state) ? deepest : 0;
  return new ScanResult(state, scanAt(state, "trial", gathered), prices, gathered);
}
