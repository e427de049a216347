// The engine's book as the columns of doubles that the typed-array rival scans: the same positions, wallets and brackets, in settle currency.
// The rival is written for what most books are, linear contracts with one marginal bracket table a market; of others it says why not.
import type { FloatColumns } from "../../bench/rivals/float64-search.ts";
import type { BulkSink } from "../../src/engine/bulk-sink.ts";
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { BracketTable } from "../../src/model.ts";

const FEE_SCALE = 1e8;

export interface RivalBook {
  readonly columns: FloatColumns;
  /** Marks in settle currency by price slot. */
  readonly marks: Float64Array;
  /** What a price unit is worth by price slot. */
  readonly priceScale: Float64Array;
  /** Kernel handle by pool of the columns. */
  readonly handles: Uint32Array;
  readonly mostLegs: number;
}

interface FlatTable {
  readonly floors: readonly number[];
  readonly rates: readonly number[];
  readonly amounts: readonly number[];
}

interface SlotTerms {
  /** Its handle. */
  readonly table: number;
  readonly flat: FlatTable;
  /** Settle currency per quantity unit at price 1. */
  readonly unit: number;
  readonly settleScale: number;
}

/** Marginal rates with the closing fee in them; undefined where the rival has no formula for the table. */
function flatTable(table: BracketTable, settleScale: number): FlatTable | undefined {
  const odd = table.style !== "marginal" || table.haircut || table.profitHaircutRate !== undefined;
  if (odd) return undefined;
  const { brackets, rateDenominator, closeFeeRate } = table;
  return {
    floors: brackets.map(({ floor }) => Number(floor) / settleScale),
    rates: brackets.map(({ rate }) => rate / rateDenominator + closeFeeRate / FEE_SCALE),
    amounts: brackets.map(
      ({ scaledAmount }) => Number(scaledAmount) / rateDenominator / settleScale,
    ),
  };
}

class ColumnWriter {
  readonly #engine: RiskEngine;
  readonly #settleScales: ReadonlyMap<number, { readonly price: number; readonly settle: number }>;
  readonly #slots: Map<number, SlotTerms> = new Map();
  refusal: string | null = null;

  constructor(
    engine: RiskEngine,
    scales: ReadonlyMap<number, { readonly price: number; readonly settle: number }>,
  ) {
    this.#engine = engine;
    this.#settleScales = scales;
  }

  get slots(): ReadonlyMap<number, SlotTerms> {
    return this.#slots;
  }

  /** Terms of a leg's price, checked once a table. */
  terms(leg: number): SlotTerms | undefined {
    const { kernel } = this.#engine;
    const slot = kernel.legPrice(leg);
    const table = kernel.legTable(leg);
    const known = this.#slots.get(slot);
    if (known !== undefined) {
      if (known.table !== table) this.refusal = "a market whose size chooses among bracket tables";
      return known;
    }
    const scales = this.#settleScales.get(slot);
    const { terms, table: brackets } = kernel.legState(leg);
    const flat = scales === undefined ? undefined : flatTable(brackets, scales.settle);
    if (scales === undefined) this.refusal = "coins held as collateral";
    else if (terms.inverse) this.refusal = "inverse contracts";
    else if (flat === undefined) this.refusal = "brackets that jump, or weights on profits";
    if (scales === undefined || flat === undefined || this.refusal !== null) return undefined;
    const unit = Number(terms.numerator) / Number(terms.divisor) / scales.settle / scales.price;
    const found = { table, flat, unit, settleScale: scales.settle };
    this.#slots.set(slot, found);
    return found;
  }
}

/** Scales of prices and amounts by price slot of every market. */
function scalesOf(engine: RiskEngine, sink: BulkSink) {
  const scales = new Map<number, { readonly price: number; readonly settle: number }>();
  for (let index = 0; index < engine.stats().markets; index++) {
    const { symbol, priceDecimals, settleDecimals } = sink.market(index);
    scales.set(engine.priceSlot(symbol), {
      price: 10 ** -priceDecimals,
      settle: 10 ** settleDecimals,
    });
  }
  return scales;
}

/** The columns, or what of the book the rival has no formula for. */
export function rivalBook(engine: RiskEngine, sink: BulkSink): RivalBook | string {
  const { kernel } = engine;
  const scales = scalesOf(engine, sink);
  const writer = new ColumnWriter(engine, scales);
  const handles: number[] = [];
  let mostLegs = 0;
  kernel.forEachPool((pool) => {
    const legs = kernel.legCount(pool);
    if (legs === 0) return;
    handles.push(pool);
    mostLegs = Math.max(mostLegs, legs);
  });
  const pools = handles.length;
  const legs = kernel.legTotal;
  const poolStart = new Uint32Array(pools + 1);
  const collateral = new Float64Array(pools);
  const legMarket = new Uint16Array(legs);
  const quantity = new Float64Array(legs);
  const cost = new Float64Array(legs);
  let at = 0;
  for (let pool = 0; pool < pools; pool++) {
    const handle = handles[pool] as number;
    let scale = 1;
    for (let leg = kernel.firstLeg(handle); leg >= 0; leg = kernel.nextLeg(leg)) {
      const terms = writer.terms(leg);
      if (terms === undefined || writer.refusal !== null) return writer.refusal ?? "";
      scale = terms.settleScale;
      legMarket[at] = kernel.legPrice(leg);
      quantity[at] = kernel.quantity(leg) * terms.unit;
      cost[at] = Number(kernel.costAmount(leg)) / scale;
      at++;
    }
    collateral[pool] = Number(kernel.collateralAmount(handle)) / scale;
    poolStart[pool + 1] = at;
  }
  return flatten(engine, writer.slots, scales, {
    poolStart,
    collateral,
    legMarket,
    quantity,
    cost,
    handles: Uint32Array.from(handles),
    mostLegs,
  });
}

interface Gathered extends Omit<FloatColumns, "tiers"> {
  readonly handles: Uint32Array;
  readonly mostLegs: number;
}

function flatten(
  engine: RiskEngine,
  slots: ReadonlyMap<number, SlotTerms>,
  scales: ReadonlyMap<number, { readonly price: number }>,
  gathered: Gathered,
): RivalBook {
  const { kernel } = engine;
  const top = Math.max(-1, ...slots.keys()) + 1;
  const starts = new Uint32Array(top + 1);
  const floors: number[] = [];
  const rates: number[] = [];
  const amounts: number[] = [];
  const marks = new Float64Array(top);
  const priceScale = new Float64Array(top);
  for (let slot = 0; slot < top; slot++) {
    const terms = slots.get(slot);
    if (terms !== undefined) {
      floors.push(...terms.flat.floors);
      rates.push(...terms.flat.rates);
      amounts.push(...terms.flat.amounts);
      priceScale[slot] = scales.get(slot)?.price ?? 1;
      marks[slot] = kernel.mark(slot) * (priceScale[slot] as number);
    }
    // Each market's rows end with a floor that stops the search.
    floors.push(Number.POSITIVE_INFINITY);
    rates.push(0);
    amounts.push(0);
    starts[slot + 1] = floors.length;
  }
  const { handles, mostLegs, ...columns } = gathered;
  const tiers = {
    starts,
    floors: Float64Array.from(floors),
    rates: Float64Array.from(rates),
    amounts: Float64Array.from(amounts),
  };
  return { columns: { ...columns, tiers }, marks, priceScale, handles, mostLegs };
}
