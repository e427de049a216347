// The same positions in other margin modes, as books: all cross, where every isolated margin goes back into the wallet it came from, and
// all isolated, where every cross position takes its initial margin at entry out of its wallet. What cannot be had is shared out:
// margins shrink by one share, rounded down, where the wallet falls short.
import { formatDecimal, parseDecimal } from "../decimal.ts";
import { MAX_AMOUNT } from "../model.ts";
import type {
  AccountDefinition,
  BookDocument,
  DecimalLike,
  MarginMode,
  PositionDefinition,
} from "../types.ts";
import { ceilDivide } from "./arithmetic.ts";
import { bracketOf } from "./leverage.ts";
import { emptyRecord } from "./order.ts";
import { refuse } from "./read.ts";
import type { EngineMarket, EngineState } from "./state.ts";

/** An account rewritten into one mode. */
export interface ModeVariantBook {
  readonly book: BookDocument;
  /** Wallets fell short of the margins, which are smaller than the positions' leverage says. */
  readonly scaled: boolean;
}

const ONE_FOLD = 1000;

/** Wallets in units by asset index, for reading and changing. */
type Wallets = Map<number, bigint>;

function readWallets(state: EngineState, account: AccountDefinition): Wallets {
  const wallets: Wallets = new Map();
  for (const [code, amount] of Object.entries(account.balances ?? {})) {
    const { index, decimals } = state.asset(code, "balances");
    const limits = { min: -MAX_AMOUNT, max: MAX_AMOUNT };
    wallets.set(index, parseDecimal(amount, decimals, `balances.${code}`, limits));
  }
  return wallets;
}

function writeWallets(state: EngineState, wallets: Wallets): Record<string, DecimalLike> {
  const balances = emptyRecord<DecimalLike>();
  for (const { index, code, decimals } of state.assets) {
    const amount = wallets.get(index);
    if (amount !== undefined) balances[code] = formatDecimal(amount, decimals);
  }
  return balances;
}

function withAccount(
  book: BookDocument,
  account: AccountDefinition,
  wallets: Wallets,
  positions: readonly PositionDefinition[],
  state: EngineState,
): BookDocument {
  const balances = writeWallets(state, wallets);
  return { ...book, accounts: [{ ...account, balances, positions }] };
}

/** Every isolated margin in the wallet of its settle asset, every position cross. */
export function allCrossBook(state: EngineState, book: BookDocument): ModeVariantBook {
  const account = book.accounts[0] as AccountDefinition;
  const wallets = readWallets(state, account);
  const positions = (account.positions ?? []).map((position) => {
    const { isolatedMargin, autoTopUp: _autoTopUp, ...rest } = position;
    if (isolatedMargin === undefined || isolatedMargin === null) return position;
    const market = state.market(position.symbol, "symbol");
    const limits = { min: -MAX_AMOUNT, max: MAX_AMOUNT };
    const margin = parseDecimal(isolatedMargin, market.settleDecimals, "isolatedMargin", limits);
    wallets.set(market.settle, (wallets.get(market.settle) ?? 0n) + margin);
    return { ...rest, marginMode: "cross" as MarginMode };
  });
  return { book: withAccount(book, account, wallets, positions, state), scaled: false };
}

interface IsolatedClaim {
  readonly market: EngineMarket;
  readonly leverageMilli: number;
  /** ⌈|entry notional| · 1000 / leverage⌉ in units. */
  readonly marginCeil: bigint;
}

/** Leverage of the tier at an entry notional, or of the market where that allows less; 1x where neither states one. */
function largestLeverage(market: EngineMarket, state: EngineState, leg: number): number {
  const { kernel } = state;
  const cost = kernel.cost(leg);
  const table = state.tableFor(market, kernel.quantity(leg));
  const bracket = table.maxLeverageMilli[bracketOf(table, cost < 0n ? -cost : cost)] ?? 0;
  const caps = [bracket, market.maxLeverageMilli.isolated].filter((cap) => cap !== 0);
  return caps.length === 0 ? ONE_FOLD : Math.min(...caps);
}

function claimOf(
  state: EngineState,
  account: number,
  { symbol, side }: PositionDefinition,
): IsolatedClaim {
  const { kernel } = state;
  const market = state.market(symbol, "symbol");
  const found = state.findPosition(account, market, side);
  if (found === undefined) return refuse("INTERNAL", "no such position", "symbol", symbol);
  const { leg } = found;
  const cost = kernel.cost(leg);
  const leverageMilli = kernel.leverageMilli(leg) || largestLeverage(market, state, leg);
  const notional = (cost < 0n ? -cost : cost) * BigInt(ONE_FOLD);
  return { market, leverageMilli, marginCeil: ceilDivide(notional, BigInt(leverageMilli)) };
}

/** Every position isolated: those that are already as they are, the others on margins out of their wallets. */
export function allIsolatedBook(state: EngineState, book: BookDocument): ModeVariantBook {
  const account = book.accounts[0] as AccountDefinition;
  const index = state.account(account.id, "account");
  const wallets = readWallets(state, account);
  const before = new Map(wallets);
  const claims = new Map<PositionDefinition, IsolatedClaim>();
  const claimed: Wallets = new Map();
  for (const position of account.positions ?? []) {
    if (position.marginMode === "isolated") continue;
    const claim = claimOf(state, index, position);
    claims.set(position, claim);
    const { settle } = claim.market;
    claimed.set(settle, (claimed.get(settle) ?? 0n) + claim.marginCeil);
  }
  let scaled = false;
  const positions = (account.positions ?? []).map((position): PositionDefinition => {
    const claim = claims.get(position);
    if (claim === undefined) return position;
    const { market, leverageMilli, marginCeil } = claim;
    const wallet = before.get(market.settle) ?? 0n;
    const sum = claimed.get(market.settle) ?? 0n;
    const short = sum > wallet;
    const given = wallet > 0n ? wallet : 0n;
    const margin = short ? (marginCeil * given) / sum : marginCeil;
    scaled ||= short;
    wallets.set(market.settle, (wallets.get(market.settle) ?? 0n) - margin);
    return {
      ...position,
      marginMode: "isolated",
      leverage: formatDecimal(leverageMilli, 3),
      isolatedMargin: formatDecimal(margin, market.settleDecimals),
    };
  });
  // A venue that keeps isolated positions and pledged coins apart has no such account: the coins are plain wallets in it.
  const excluded = state.rules.multiAssetExcludesIsolated && positions.length > 0;
  const rewritten = excluded && account.multiAsset ? { ...account, multiAsset: false } : account;
  return { book: withAccount(book, rewritten, wallets, positions, state), scaled };
}
