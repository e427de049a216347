// Which fields a kind of stop takes: a field of another kind is refused, because a stop that silently ignores what it was told protects
// nobody.
import { STOP_OPTIONAL } from "../../book/stop-fields.ts";
import type { StopDefinition, StopKind } from "../../types.ts";
import { refuse } from "../read.ts";
import { STOP_KINDS } from "../stops.ts";

type Field = keyof StopDefinition;

const COMMON: readonly Field[] = ["id", "symbol", "side", "amount", "oco", "slippage"];
/** What a kind takes beside the common fields; the second list is for books. */
const FIELDS: Readonly<Record<StopKind, readonly [readonly Field[], readonly Field[]]>> = {
  mark: [["purpose", "triggerPrice"], ["askedPrice"]],
  trailing: [["distance", "rate", "activationPrice", "best"], []],
  marginLoss: [["share"], ["triggerPrice"]],
  entryDeviation: [["deviation"], ["triggerPrice"]],
  equity: [["settle", "equityFloor"], ["askedFloor"]],
  drawdown: [["settle", "drawdown", "referenceEquity"], ["equityFloor"]],
};

/** By kind: the fields it takes, always or of a book. */
const TAKEN = Object.fromEntries(
  STOP_KINDS.map((kind) => {
    const [own, ofBooks] = FIELDS[kind];
    const always: Field[] = ["kind", ...COMMON, ...own];
    const taken = new Map<string, "always" | "book">();
    for (const field of ofBooks) taken.set(field, "book");
    for (const field of always) taken.set(field, "always");
    return [kind, taken];
  }),
) as unknown as Readonly<Record<StopKind, ReadonlyMap<string, "always" | "book">>>;

/** Neither absent nor null. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Refuses fields that mean nothing for the kind, and those that only a book states. */
export function checkFields(
  definition: StopDefinition,
  kind: StopKind,
  source: { readonly prefix: string; readonly fromBook: boolean },
): void {
  const taken = TAKEN[kind];
  for (const field in definition) {
    if (taken.get(field) === "always") continue;
    const value = definition[field as Field];
    if (!isGiven(value) || !STOP_OPTIONAL.includes(field as Field)) continue;
    const place = `${source.prefix}${field}`;
    if (!taken.has(field)) refuse("BAD_VALUE", `means nothing for a ${kind} stop`, place, value);
    if (!source.fromBook) refuse("BAD_VALUE", "is for books", place, value);
  }
}
