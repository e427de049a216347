// One batch of fills on its way. Rows are taken in blocks: a block's plain fills are looked up together, and then everything happens in
// the order of the rows, plain fills by the kernel's rows (plain-fills.ts) and all others through the command `fill` itself.
import { formatDecimal, parseDecimal } from "../decimal.ts";
import { RiskError, type RiskErrorCode } from "../errors.ts";
import { TRADE_ROWS } from "../kernel-rows.ts";
import type { FillCommand } from "../types.ts";
import { dispatch } from "./dispatch.ts";
import { FILL_STATUSES, type FillBatch, type FillBatchResult } from "./fill-batch.ts";
import {
  DECIDED,
  DONE,
  LATER,
  LONG,
  NO_SIDE,
  OUT_OF_RANGE,
  OVER,
  type PlainFills,
  SHORT,
} from "./plain-fills.ts";
import type { EngineState } from "./state.ts";

/** The place of a refusal's code; what no fill may end with goes on to the caller. */
function statusOf(error: unknown): number {
  const status = error instanceof RiskError ? FILL_STATUSES.indexOf(error.code) : -1;
  if (status < 0) throw error;
  return status;
}

function refuseRow(code: RiskErrorCode, path: string): never {
  throw new RiskError(code, "is not what a fill can have", { path });
}

function unitsOf(value: number, path: string): bigint {
  if (!Number.isInteger(value)) refuseRow("BAD_VALUE", path);
  return BigInt(value);
}

/** The accounts of a block's rows so far: an open hash, twice as wide as a block is long. */
class BlockAccounts {
  readonly #accounts: Uint32Array = new Uint32Array(2 * TRADE_ROWS);
  /** Block that the place was last taken in. */
  readonly #blocks: Uint32Array = new Uint32Array(2 * TRADE_ROWS);
  #block = 0;

  nextBlock(): void {
    this.#block++;
  }

  /** Adds the account; true where it was there already. */
  repeats(account: number): boolean {
    const last = this.#accounts.length - 1;
    let place = (Math.imul(account, 0x9e3779b1) >>> 16) & last;
    while (this.#blocks[place] === this.#block) {
      if (this.#accounts[place] === account) return true;
      place = (place + 1) & last;
    }
    this.#blocks[place] = this.#block;
    this.#accounts[place] = account;
    return false;
  }
}

export class FillRun {
  readonly #state: EngineState;
  readonly #plain: PlainFills;
  readonly #batch: FillBatch;
  readonly #rows: number;
  readonly #statuses: Uint8Array;
  readonly #realizedPnl: BigInt64Array;
  readonly #seen: BlockAccounts = new BlockAccounts();
  /** How each row of the block is carried out: see plain-fills.ts. */
  readonly #ways: Uint8Array = new Uint8Array(TRADE_ROWS);
  /** First row of the block in the batch. */
  #first = 0;

  /** `batch` has the right shape. */
  constructor(state: EngineState, plain: PlainFills, batch: FillBatch) {
    this.#state = state;
    this.#plain = plain;
    this.#batch = batch;
    this.#rows = batch.accounts.length;
    this.#statuses = new Uint8Array(this.#rows);
    this.#realizedPnl = new BigInt64Array(this.#rows);
  }

  run(): FillBatchResult {
    if (this.#plain.begin()) {
      for (this.#first = 0; this.#first < this.#rows; this.#first += TRADE_ROWS) {
        this.#runBlock(Math.min(TRADE_ROWS, this.#rows - this.#first));
      }
    } else {
      for (let place = 0; place < this.#rows; place++) this.#command(place);
    }
    let accepted = 0;
    for (const status of this.#statuses) if (status === DONE) accepted++;
    return { accepted, statuses: this.#statuses, realizedPnl: this.#realizedPnl };
  }

  #runBlock(count: number): void {
    this.#lookUp(count);
    const ways = this.#ways;
    let row = 0;
    while (row < count) {
      if (ways[row] === DECIDED) {
        let end = row + 1;
        while (end < count && ways[end] === DECIDED) end++;
        row = this.#runPlain(row, end);
      } else {
        if (ways[row] === LATER) this.#lookUpLate(row);
        if (ways[row] === DECIDED) this.#runPlain(row, row + 1);
        else if (ways[row] === OVER) this.#statuses[this.#first + row] = OUT_OF_RANGE;
        else this.#command(this.#first + row);
        row++;
      }
    }
  }

  /** Looks up and decides the block's rows, as far as no row before them can change what they are on. */
  #lookUp(count: number): void {
    const { accounts } = this.#batch;
    const ways = this.#ways;
    this.#seen.nextBlock();
    for (let row = 0; row < count; row++) {
      ways[row] = this.#seen.repeats(accounts[this.#first + row] as number) ? LATER : DECIDED;
    }
    this.#plain.lookUp(this.#batch, this.#first, 0, count, ways);
  }

  /** A row whose account has had an earlier one in the block. */
  #lookUpLate(row: number): void {
    this.#ways[row] = DECIDED;
    this.#plain.lookUp(this.#batch, this.#first, row, row + 1, this.#ways);
  }

  /** Carries located rows out; returns the row to go on with. */
  #runPlain(from: number, to: number): number {
    const batch = this.#batch;
    const stopped = this.#plain.run(from, to, batch);
    this.#plain.finish(from, stopped, batch, this.#first, this.#statuses, this.#realizedPnl);
    if (stopped === to) return to;
    // Not a number it can take, a figure out of range, or no room: the command says which.
    this.#command(this.#first + stopped);
    return stopped + 1;
  }

  #side(place: number): number {
    const { positionSides } = this.#batch;
    return positionSides === undefined ? NO_SIDE : (positionSides[place] as number);
  }

  /** One row as the command. */
  #command(place: number): void {
    const state = this.#state;
    try {
      const command = this.#commandOf(place);
      const { settleDecimals } = state.market(command.symbol, "symbol");
      let realizedPnl = 0n;
      for (const event of dispatch(state, command)) {
        if (event.type !== "positionChanged") continue;
        realizedPnl += parseDecimal(event.realizedPnl, settleDecimals, "realizedPnl");
      }
      this.#realizedPnl[place] = realizedPnl;
    } catch (error) {
      this.#statuses[place] = statusOf(error);
    }
  }

  #commandOf(place: number): FillCommand {
    const state = this.#state;
    const batch = this.#batch;
    const at = `fills[${place}]`;
    const account = state.accounts.id(batch.accounts[place] ?? -1);
    if (account === undefined) refuseRow("UNKNOWN_ACCOUNT", `${at}.account`);
    const market = state.markets[batch.markets[place] ?? -1];
    if (market === undefined) return refuseRow("UNKNOWN_SYMBOL", `${at}.market`);
    const quantity = batch.quantities[place] ?? 0;
    const leverage = batch.leverages?.[place] ?? 0;
    const side = this.#side(place);
    if (side > SHORT) refuseRow("BAD_VALUE", `${at}.positionSide`);
    const { liquidity, fees } = batch;
    return {
      type: "fill",
      account,
      symbol: market.symbol,
      side: quantity < 0 ? "sell" : "buy",
      amount: unitsOf(Math.abs(quantity), `${at}.quantity`),
      price: unitsOf(batch.prices[place] ?? 0, `${at}.price`),
      ...(side !== NO_SIDE && { positionSide: side === LONG ? "long" : "short" }),
      ...(leverage !== 0 && { leverage: formatDecimal(leverage, 3) }),
      ...(fees !== undefined && { fee: unitsOf(fees[place] ?? 0, `${at}.fee`) }),
      ...(liquidity !== undefined && { liquidity }),
    };
  }
}
