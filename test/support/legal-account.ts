// Judges generated accounts in exact integers: that every amount fits its market's decimals and every
// position its market's brackets, at the mark and at the entry price.
import { decimalsOf, parseDecimal } from "../../src/decimal.ts";
import type { PricedMarket } from "../../src/generate/index.ts";
import { type DerivedTable, deriveTable } from "../../src/tiers/index.ts";
import type { AccountDefinition, PositionDefinition } from "../../src/types.ts";

export interface ExactMarket {
  readonly amountDecimals: number;
  readonly mark: bigint;
  readonly derived: DerivedTable;
}

/** Markets in exact integers, by symbol. */
export function exactMarkets(markets: readonly PricedMarket[]): Map<string, ExactMarket> {
  return new Map(
    markets.map(({ definition, mark }) => [
      definition.symbol,
      {
        amountDecimals: decimalsOf(definition.precision.amount, "amount"),
        mark: parseDecimal(mark, 8, "mark", { min: 1n, max: BigInt(Number.MAX_SAFE_INTEGER) }),
        derived: deriveTable(definition.tiers, {
          settleDecimals: 8,
          style: "marginal",
          closeFeeRate: 0,
          path: definition.symbol,
        }),
      },
    ]),
  );
}

/** Notional in 1e-8 of the settle asset, rounded up. */
function notional(contracts: bigint, price: bigint, amountDecimals: number): bigint {
  const scale = 10n ** BigInt(amountDecimals);
  return (contracts * price + scale - 1n) / scale;
}

function fail(position: PositionDefinition, reason: string): never {
  throw new Error(`${reason}: ${JSON.stringify(position)}`);
}

function expectLegalPosition(
  position: PositionDefinition,
  markets: Map<string, ExactMarket>,
): void {
  const market = markets.get(position.symbol);
  if (market === undefined) throw new Error(`unknown symbol ${position.symbol}`);
  const limits = { min: 1n, max: BigInt(Number.MAX_SAFE_INTEGER) };
  const contracts = parseDecimal(position.contracts, market.amountDecimals, "contracts", limits);
  const entry = parseDecimal(position.entryPrice, 8, "entryPrice", limits);
  const leverage = parseDecimal(position.leverage ?? "0", 3, "leverage", { min: 1000n });
  const { table, caps, maxLeverageMilli } = market.derived;
  for (const price of [market.mark, entry]) {
    const size = notional(contracts, price, market.amountDecimals);
    const tier = table.brackets.filter((bracket) => bracket.floor <= size).length - 1;
    const most = BigInt(maxLeverageMilli[tier] ?? 0);
    if (leverage > most) fail(position, `leverage ${leverage} above ${most} of tier ${tier + 1}`);
    const cap = caps.at(-1) ?? null;
    if (cap !== null && size >= cap) fail(position, `notional ${size} not below the cap ${cap}`);
  }
  if (position.marginMode === "isolated") {
    parseDecimal(position.isolatedMargin ?? "", 8, "isolatedMargin", { min: 0n });
  } else if (position.isolatedMargin !== undefined) fail(position, "cross with isolatedMargin");
}

/** Fails unless the account could be held on these markets: precisions, brackets, no position twice. */
export function expectLegalAccount(
  account: AccountDefinition,
  markets: Map<string, ExactMarket>,
): void {
  const held = new Set<string>();
  for (const position of account.positions ?? []) {
    const key = account.hedged ? `${position.symbol} ${position.side}` : position.symbol;
    if (held.has(key)) fail(position, "held twice");
    held.add(key);
    expectLegalPosition(position, markets);
  }
  for (const balance of Object.values(account.balances ?? {})) {
    parseDecimal(balance, 8, "balance", { min: 0n });
  }
}
