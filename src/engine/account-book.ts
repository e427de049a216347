// One account as a book of its own: the account and of the rest no more than it needs, so that a scratch engine made from
// it knows the same markets, marks and rules and nobody else.
import type { AccountDefinition, AssetDefinition, BookDocument } from "../types.ts";
import { tagIndex, tagMode } from "./accounts.ts";
import { emptyRecord, orderedPools } from "./order.ts";
import type { EngineState } from "./state.ts";
import { accountDefinition, bookHeader } from "./to-book.ts";

/** Symbols that an account's definition mentions. */
function symbolsOf({ positions, orders, settings }: AccountDefinition): Set<string> {
  const lists = [positions ?? [], orders ?? [], settings ?? []];
  return new Set(lists.flat().map(({ symbol }) => symbol));
}

/** Codes of all assets a book needs that begins with these: collateral settles in another asset. */
function withSettleAssets(
  assets: readonly AssetDefinition[],
  codes: ReadonlySet<string>,
): Set<string> {
  const needed = new Set(codes);
  for (const { code, collateral } of assets) {
    if (codes.has(code) && collateral !== undefined) needed.add(collateral.settle);
  }
  return needed;
}

function pick<Value>(
  record: Readonly<Record<string, Value>>,
  keys: ReadonlySet<string>,
): Record<string, Value> {
  const picked = emptyRecord<Value>();
  for (const [key, value] of Object.entries(record)) if (keys.has(key)) picked[key] = value;
  return picked;
}

/** Wallets that hold nothing any more. Books leave them out, but reports show them. */
function emptyWallets(state: EngineState, account: number): Record<string, string> {
  const wallets = emptyRecord<string>();
  for (const pool of orderedPools(state, account)) {
    const tag = state.kernel.tag(pool);
    if (tagMode(tag) === "cross") wallets[state.assetAt(tagIndex(tag)).code] = "0";
  }
  return wallets;
}

/**
 * A book of one account with the markets, marks and assets that it has to do with. Its stops are left out: they depend on the margin
 * modes of its positions, which is what such a book is made to change.
 *
 * @throws RiskError UNKNOWN_ACCOUNT
 */
export function accountBook(state: EngineState, id: string): BookDocument {
  const index = state.account(id, "account");
  const { stops: _stops, ...definition } = accountDefinition(state, id, index);
  const balances = { ...emptyWallets(state, index), ...definition.balances };
  const account: AccountDefinition = { ...definition, balances };
  const symbols = symbolsOf(account);
  const markets = state.markets.filter(({ symbol }) => symbols.has(symbol));
  const { indexPrices, fundingTimes, assets, ...header } = bookHeader(state, markets);
  const codes = new Set(Object.keys(account.balances ?? {}));
  for (const { settle } of markets) codes.add(state.assetAt(settle).code);
  const needed = withSettleAssets(assets, codes);
  return {
    ...header,
    assets: assets.filter(({ code }) => needed.has(code)),
    ...(indexPrices === undefined ? {} : { indexPrices: pick(indexPrices, needed) }),
    ...(fundingTimes === undefined ? {} : { fundingTimes: pick(fundingTimes, symbols) }),
    accounts: [account],
  };
}
