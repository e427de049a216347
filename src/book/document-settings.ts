// What one account of a JSON document has chosen for positions to come: a margin mode for all markets, and per market a mode and
// leverages. As for positions, every problem is logged at the value that causes it and the next one is read.
import type { MarginMode } from "../types.ts";
import { type FieldReader, isAbsent } from "./fields.ts";
import type { OpenBook } from "./header.ts";
import { type JsonNode, shownValue } from "./json-tree.ts";
import type { BookSink } from "./sink.ts";

const LEVERAGE_DECIMALS = 3;
const LEVERAGE = { min: 1n, max: 2n ** 32n - 1n };
const OPTIONAL = ["marginMode", "longLeverage", "shortLeverage"];
const MODES: readonly MarginMode[] = ["cross", "isolated"];

/** null: absent; undefined: a problem, which is logged. */
function readMode(
  fields: FieldReader,
  node: JsonNode | undefined,
  path: string,
): MarginMode | null | undefined {
  if (isAbsent(node)) return null;
  const found = MODES.find((mode) => mode === shownValue(node));
  return found ?? fields.refuse(node, path, `must be ${MODES.join(" or ")}`);
}

/** Thousandths, 0 where absent; undefined: a problem. */
function readMilli(
  fields: FieldReader,
  node: JsonNode | undefined,
  path: string,
): number | undefined {
  if (isAbsent(node)) return 0;
  const milli = fields.decimal(node, path, LEVERAGE_DECIMALS, LEVERAGE);
  return milli === undefined ? undefined : Number(milli);
}

function addMarket(
  book: OpenBook<BookSink>,
  fields: FieldReader,
  node: JsonNode,
  account: number,
  seen: Set<number>,
  path: string,
): void {
  const members = fields.object(node, path, ["symbol"], OPTIONAL);
  if (members === undefined) return;
  const symbol = members.get("symbol") as JsonNode;
  const market = symbol.kind === "string" ? book.markets.get(symbol.text) : undefined;
  if (market === undefined) {
    const message = "must be a market of this book";
    fields.refuse(symbol, `${path}.symbol`, message, "UNKNOWN_SYMBOL");
    return;
  }
  if (seen.has(market)) {
    fields.refuse(symbol, `${path}.symbol`, "has settings already");
    return;
  }
  seen.add(market);
  const mode = readMode(fields, members.get("marginMode"), `${path}.marginMode`);
  const longMilli = readMilli(fields, members.get("longLeverage"), `${path}.longLeverage`);
  const shortMilli = readMilli(fields, members.get("shortLeverage"), `${path}.shortLeverage`);
  if (mode === undefined || longMilli === undefined || shortMilli === undefined) return;
  book.sink.setMarketSettings(account, market, { mode: mode ?? undefined, longMilli, shortMilli });
}

/** `members` are the account's, `path` names it. */
export function addSettings(
  book: OpenBook<BookSink>,
  fields: FieldReader,
  members: ReadonlyMap<string, JsonNode>,
  account: number,
  path: string,
): void {
  const mode = readMode(fields, members.get("marginMode"), `${path}.marginMode`);
  if (mode !== undefined && mode !== null) book.sink.setAccountMode(account, mode);
  const node = members.get("settings");
  if (isAbsent(node)) return;
  if (node.items === undefined) {
    fields.refuse(node, `${path}.settings`, "must be a list");
    return;
  }
  const seen = new Set<number>();
  node.items.forEach((item, at) => {
    addMarket(book, fields, item, account, seen, `${path}.settings[${at}]`);
  });
}
