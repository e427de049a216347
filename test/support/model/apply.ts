// The model's one door: a command and a book in, the book that follows or the code of a refusal out. The book given is
// never changed.
import type { RiskErrorCode } from "../../../src/errors.ts";
import { RiskError } from "../../../src/errors.ts";
import type { Command, LiquidationCommand } from "../../../src/types.ts";
import { type Book, copyBook, marketOf } from "./book.ts";
import { settleFunding } from "./funding.ts";
import { setLeverage } from "./leverage.ts";
import { addMargin, reduceMargin, setAutoTopUp, topUpMargins } from "./margin.ts";
import { rangesOf } from "./markets.ts";
import { setMarginMode } from "./mode.ts";
import { cancelOrder, placeOrder } from "./open-orders.ts";
import { setPosition } from "./positions.ts";
import { Refusal } from "./refusal.ts";
import { fill } from "./trades.ts";
import {
  closeAccount,
  deposit,
  openAccount,
  positiveAmount,
  setBalance,
  setIndexPrices,
  setMultiAsset,
  withdraw,
} from "./wallets.ts";

export interface Accepted {
  readonly code: undefined;
  readonly book: Book;
}

export interface Refused {
  readonly code: RiskErrorCode;
  readonly book: Book;
}

function setMarks(book: Book, command: CommandOf<"setMarks">): void {
  for (const [symbol, mark] of Object.entries(command.marks)) {
    book.marks.set(marketOf(book, symbol).symbol, positiveAmount(mark));
  }
}

function setTiers(book: Book, command: CommandOf<"setTiers">): void {
  for (const [symbol, tiers] of Object.entries(command.tiers)) {
    const market = marketOf(book, symbol);
    const ranges = rangesOf(tiers, book.rules, market, market.decimals);
    book.markets = book.markets.map((other) => (other === market ? { ...market, ranges } : other));
  }
}

/**
 * Every command of the model; assets and markets are declared before it begins. Stops and ticks have models of their own
 * (test/support/stop-model.ts, test/engine/tick-properties.test.ts), and so has liquidation (test/engine/liquidation/).
 */
type Modelled = Exclude<
  Command["type"],
  | "addAsset"
  | "addMarket"
  | "placeStop"
  | "cancelStop"
  | "setMarginCalls"
  | "tick"
  | LiquidationCommand["type"]
>;
type CommandOf<Type extends Command["type"]> = Extract<Command, { readonly type: Type }>;

const COMMANDS: { readonly [Type in Modelled]: (book: Book, command: CommandOf<Type>) => void } = {
  setMarks,
  openAccount,
  closeAccount,
  deposit,
  withdraw,
  setBalance,
  setPosition,
  fill,
  setIndexPrices,
  setMultiAsset,
  addMargin,
  reduceMargin,
  setAutoTopUp,
  topUpMargins,
  setLeverage,
  setMarginMode,
  settleFunding,
  placeOrder,
  cancelOrder,
  setTiers,
};

export function applyToModel(book: Book, command: Command): Accepted | Refused {
  const draft = copyBook(book);
  try {
    const carryOut = COMMANDS[command.type as Modelled] as (book: Book, command: Command) => void;
    carryOut(draft, command);
    return { code: undefined, book: draft };
  } catch (error) {
    // Figures out of range come from the reference.
    if (error instanceof Refusal || error instanceof RiskError) return { code: error.code, book };
    throw error;
  }
}
