// Open orders of one account of a JSON document, read and handed to the sink. As for positions, every problem is logged at the
// value that causes it and the next order is read.
import { RiskError } from "../errors.ts";
import { MAX_SAFE_UNITS } from "../model.ts";
import { type FieldReader, isAbsent } from "./fields.ts";
import type { OpenBook } from "./header.ts";
import { descend, type JsonNode, shownValue } from "./json-tree.ts";
import type { BookSink } from "./sink.ts";

const MAX_ID_LENGTH = 128;
const UNITS = { min: 1n, max: BigInt(MAX_SAFE_UNITS) };
const REQUIRED = ["id", "symbol", "side", "amount", "price"];
const OPTIONAL = ["positionSide", "reduceOnly"];

function word<T extends string>(
  fields: FieldReader,
  node: JsonNode,
  path: string,
  words: readonly [T, T],
): T | undefined {
  const value = shownValue(node);
  const found = words.find((candidate) => candidate === value);
  return found ?? fields.refuse(node, path, `must be ${words.join(" or ")}`);
}

function addOrder(
  book: OpenBook<BookSink>,
  fields: FieldReader,
  node: JsonNode,
  account: number,
  path: string,
): void {
  const members = fields.object(node, path, REQUIRED, OPTIONAL);
  if (members === undefined) return;
  const get = (name: string): JsonNode => members.get(name) as JsonNode;
  const { sink, markets } = book;
  const market = get("symbol").kind === "string" ? markets.get(get("symbol").text) : undefined;
  if (market === undefined) {
    const message = "must be a market of this book";
    fields.refuse(get("symbol"), `${path}.symbol`, message, "UNKNOWN_SYMBOL");
    return;
  }
  const { amountDecimals, priceDecimals } = sink.market(market);
  const id = fields.text(get("id"), `${path}.id`, MAX_ID_LENGTH);
  const side = word(fields, get("side"), `${path}.side`, ["buy", "sell"]);
  const amount = fields.decimal(get("amount"), `${path}.amount`, amountDecimals, UNITS);
  const price = fields.decimal(get("price"), `${path}.price`, priceDecimals, UNITS);
  const sideNode = members.get("positionSide");
  const positionSide = isAbsent(sideNode)
    ? null
    : word(fields, sideNode, `${path}.positionSide`, ["long", "short"]);
  const reduceOnly = fields.boolean(members.get("reduceOnly"), `${path}.reduceOnly`, false);
  if (id === undefined || side === undefined || amount === undefined) return;
  if (price === undefined || positionSide === undefined || reduceOnly === undefined) return;
  try {
    sink.addOrder(account, market, {
      id,
      side,
      amount: Number(amount),
      price: Number(price),
      positionSide: positionSide ?? undefined,
      reduceOnly,
    });
  } catch (error) {
    const inner = descend(node, error instanceof RiskError ? (error.path ?? "") : "");
    const place = inner.followed === "" ? path : `${path}.${inner.followed}`;
    fields.refuseError(error, inner.node, place);
  }
}

/** `node` is the account's `orders`, `path` names it. */
export function addOrders(
  book: OpenBook<BookSink>,
  fields: FieldReader,
  node: JsonNode | undefined,
  account: number,
  path: string,
): void {
  if (isAbsent(node)) return;
  if (node.items === undefined) {
    fields.refuse(node, path, "must be a list");
    return;
  }
  node.items.forEach((order, at) => {
    addOrder(book, fields, order, account, `${path}[${at}]`);
  });
}
