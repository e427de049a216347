// What happens on the way from the marks to the prices of the sliders, told by one tick of an engine of its own: which stops fire where, what
// is liquidated at the end, and what is left. Sliders themselves only look, so this is reckoned once they rest.
import { formatDecimal, parseDecimal } from "../../src/decimal.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { BookDocument } from "../../src/types.ts";
import { money, price } from "../shared/format.ts";
import { accountOf } from "./state.ts";
import { baseOf, scopeName } from "./words.ts";

export interface Way {
  /** One sentence for each thing that happens, in order. */
  readonly steps: readonly string[];
  /** Equity of the scopes that stand at the end, in words. */
  readonly left: string;
}

/** Amounts of every asset fit this many decimals. */
const UNITS = 18;

/** Number of a stop as the page counts them. */
function stopNumber(book: BookDocument, id: string): string {
  const stops = accountOf(book).stops ?? [];
  const at = stops.findIndex((stop, index) => (stop.id ?? String(index + 1)) === id);
  return at === -1 ? id : String(at + 1);
}

/** What the engine tells of a tick from the book's marks to these prices; "refused" where a figure on the way is beyond its range. */
export function wayTo(
  book: BookDocument,
  prices: Readonly<Record<string, string>>,
): Way | "refused" {
  const engine = RiskEngine.fromBook(book);
  const { id } = accountOf(book);
  const steps: string[] = [];
  try {
    for (const event of engine.tick(prices).events()) {
      if (event.type === "stopTriggered") {
        const closes = event.closes.map(
          (close) =>
            `${close.contracts} ${baseOf(close.symbol)} ${close.side} at ${price(close.price)}`,
        );
        steps.push(`Stop ${stopNumber(book, event.stop)} fires and closes ${closes.join(", ")}.`);
      } else if (event.type === "stopCancelled" && event.reason === "refused") {
        steps.push(
          `Stop ${stopNumber(book, event.stop)} is cancelled: its close would be refused.`,
        );
      } else if (event.type === "liquidatable") {
        steps.push(`${scopeName(event)} is liquidated.`);
      }
    }
  } catch (error) {
    if (error instanceof RiskError) return "refused";
    throw error;
  }
  const sums = new Map<string, bigint>();
  for (const { settle, equity, liquidatable } of engine.account(id).scopes()) {
    const before = sums.get(settle) ?? 0n;
    sums.set(settle, liquidatable ? before : before + parseDecimal(equity, UNITS, "equity"));
  }
  const left = [...sums].map(
    ([code, sum]) => `${money(formatDecimal(sum, UNITS), "down", code)} ${code}`,
  );
  return { steps, left: left.join(", ") };
}
