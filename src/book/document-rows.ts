// One account of a JSON document, read and handed to the sink with its balances and positions. Problems are logged at
// the value that causes them and the next value is read, so that one pass finds them all.

import { RiskError } from "../errors.ts";
import { MAX_AMOUNT, MAX_SAFE_UNITS } from "../model.ts";
import type { ProblemLog } from "./book-error.ts";
import { addOrders } from "./document-orders.ts";
import { addSettings } from "./document-settings.ts";
import { addStops } from "./document-stops.ts";
import { FieldReader, isAbsent } from "./fields.ts";
import type { OpenBook } from "./header.ts";
import { descend, type JsonNode, shownValue } from "./json-tree.ts";
import type { BookSink } from "./sink.ts";

const MAX_ID_LENGTH = 128;
const LEVERAGE_DECIMALS = 3;
const UNITS = { min: 1n, max: BigInt(MAX_SAFE_UNITS) };
const LEVERAGE = { min: 1n, max: 2n ** 32n - 1n };
const BALANCE = { min: -MAX_AMOUNT, max: MAX_AMOUNT };

const POSITION_REQUIRED = ["symbol", "side", "contracts", "entryPrice", "marginMode"];
const POSITION_OPTIONAL = ["leverage", "isolatedMargin", "entryNotional", "autoTopUp"];

const ACCOUNT_OPTIONAL = [
  "hedged",
  "multiAsset",
  "balances",
  "positions",
  "orders",
  "stops",
  "marginMode",
  "settings",
];

export class DocumentRows {
  readonly #book: OpenBook<BookSink>;
  readonly #fields: FieldReader;

  constructor(file: string, book: OpenBook<BookSink>, problems: ProblemLog) {
    this.#book = book;
    this.#fields = new FieldReader(file, problems);
  }

  /** `node` is element `index` of `accounts`. */
  add(node: JsonNode, index: number): void {
    const path = `accounts[${index}]`;
    const fields = this.#fields;
    const members = fields.object(node, path, ["id"], ACCOUNT_OPTIONAL);
    if (members === undefined) return;
    const idNode = members.get("id") as JsonNode;
    const id = fields.text(idNode, `${path}.id`, MAX_ID_LENGTH);
    const hedged = fields.boolean(members.get("hedged"), `${path}.hedged`, false);
    const multiAsset = fields.boolean(members.get("multiAsset"), `${path}.multiAsset`, false);
    if (id === undefined || hedged === undefined || multiAsset === undefined) return;
    let account: number;
    try {
      account = this.#book.sink.openAccount(id, hedged, multiAsset);
    } catch (error) {
      fields.refuseError(error, idNode, `${path}.id`);
      return;
    }
    this.#setBalances(members.get("balances"), account, path);
    this.#addPositions(members.get("positions"), account, `${path}.positions`);
    addOrders(this.#book, fields, members.get("orders"), account, `${path}.orders`);
    addStops(this.#book.sink, fields, members.get("stops"), account, `${path}.stops`);
    addSettings(this.#book, fields, members, account, path);
  }

  #addPositions(node: JsonNode | undefined, account: number, path: string): void {
    if (isAbsent(node)) return;
    if (node.items === undefined) {
      this.#fields.refuse(node, path, "must be a list");
      return;
    }
    node.items.forEach((position, at) => {
      this.#addPosition(position, account, `${path}[${at}]`);
    });
  }

  #setBalances(node: JsonNode | undefined, account: number, path: string): void {
    if (isAbsent(node)) return;
    const { sink, assets } = this.#book;
    const fields = this.#fields;
    if (node.members === undefined) {
      fields.refuse(node, `${path}.balances`, "must be an object of amounts by asset");
      return;
    }
    for (const [code, amount] of node.members) {
      const place = `${path}.balances[${JSON.stringify(code)}]`;
      const asset = assets.get(code);
      if (asset === undefined) {
        fields.refuse(amount, place, "is a balance in no asset of this book", "UNKNOWN_ASSET");
        continue;
      }
      const units = fields.decimal(amount, place, sink.asset(asset).decimals, BALANCE);
      if (units === undefined) continue;
      try {
        sink.setBalance(account, asset, units);
      } catch (error) {
        fields.refuseError(error, amount, place);
      }
    }
  }

  #addPosition(node: JsonNode, account: number, path: string): void {
    const fields = this.#fields;
    const members = fields.object(node, path, POSITION_REQUIRED, POSITION_OPTIONAL);
    if (members === undefined) return;
    const get = (name: string): JsonNode => members.get(name) as JsonNode;
    const { sink, markets } = this.#book;
    const market = markets.get(get("symbol").text);
    if (market === undefined || get("symbol").kind !== "string") {
      fields.refuse(
        get("symbol"),
        `${path}.symbol`,
        "must be a market of this book",
        "UNKNOWN_SYMBOL",
      );
      return;
    }
    const terms = sink.market(market);
    const side = this.#word(get("side"), `${path}.side`, "long", "short");
    const mode = this.#word(get("marginMode"), `${path}.marginMode`, "cross", "isolated");
    const contracts = fields.decimal(
      get("contracts"),
      `${path}.contracts`,
      terms.amountDecimals,
      UNITS,
    );
    const price = fields.decimal(
      get("entryPrice"),
      `${path}.entryPrice`,
      terms.priceDecimals,
      UNITS,
    );
    const leverageNode = members.get("leverage");
    const leverage = isAbsent(leverageNode)
      ? 0n
      : fields.decimal(leverageNode, `${path}.leverage`, LEVERAGE_DECIMALS, LEVERAGE);
    const margin =
      mode === undefined
        ? undefined
        : this.#margin(node, members.get("isolatedMargin"), mode, terms.settleDecimals, path);
    const costNode = members.get("entryNotional");
    let cost: bigint | undefined;
    if (!isAbsent(costNode)) {
      const place = `${path}.entryNotional`;
      cost = fields.decimal(costNode, place, terms.settleDecimals, BALANCE);
      if (cost === undefined) return;
    }
    const topUpNode = members.get("autoTopUp");
    const topUp = fields.boolean(topUpNode, `${path}.autoTopUp`, false);
    if (topUp === true && mode === "cross" && topUpNode !== undefined) {
      fields.refuse(topUpNode, `${path}.autoTopUp`, "is for isolated positions");
      return;
    }
    if (topUp === undefined) return;
    if (side === undefined || mode === undefined || contracts === undefined) return;
    if (price === undefined || leverage === undefined || margin === undefined) return;
    try {
      sink.addPosition(
        account,
        market,
        side === "long" ? Number(contracts) : -Number(contracts),
        Number(price),
        mode === "isolated",
        Number(leverage),
        margin,
        cost,
      );
      if (topUp) sink.allowTopUp(account, market, side);
    } catch (error) {
      const inner = descend(node, error instanceof RiskError ? (error.path ?? "") : "");
      fields.refuseError(
        error,
        inner.node,
        inner.followed === "" ? path : `${path}.${inner.followed}`,
      );
    }
  }

  #margin(
    position: JsonNode,
    node: JsonNode | undefined,
    mode: string,
    decimals: number,
    path: string,
  ): bigint | undefined {
    const place = `${path}.isolatedMargin`;
    if (mode === "isolated") {
      if (isAbsent(node)) return this.#fields.refuse(position, place, "is missing");
      return this.#fields.decimal(node, place, decimals, BALANCE);
    }
    if (isAbsent(node)) return 0n;
    return this.#fields.refuse(node, place, "must be absent for a cross position");
  }

  #word<T extends string>(node: JsonNode, path: string, first: T, second: T): T | undefined {
    const value = shownValue(node);
    if (value === first || value === second) return value as T;
    return this.#fields.refuse(node, path, `must be ${first} or ${second}`);
  }
}
