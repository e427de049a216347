// A position as ccxt's unified structure, for programs that know that shape. Numbers are the doubles nearest to our exact figures;
// the exact record is in `info`, from which fromCcxt reads it back digit for digit.
import type { PositionView, ScopeView } from "../types.ts";

/** What `info` holds: the position's view and its scope's. */
export type CcxtPositionInfo = PositionView & { readonly scope: ScopeView };

/** ccxt's Position, all fields of it. */
export interface CcxtPosition {
  symbol: string;
  id: string | undefined;
  info: CcxtPositionInfo;
  timestamp: number | undefined;
  datetime: string | undefined;
  contracts: number;
  contractSize: number;
  side: "long" | "short";
  /** Unsigned, at the mark. */
  notional: number;
  leverage: number | undefined;
  unrealizedPnl: number;
  realizedPnl: number | undefined;
  /** Equity of the position's scope: margin and profit of an isolated position, the whole cross pool of a cross one. Not to be summed. */
  collateral: number;
  entryPrice: number;
  markPrice: number;
  /** On the side where the position loses; on the other where only that one exists (a pair whose other leg is larger). */
  liquidationPrice: number | undefined;
  marginMode: "cross" | "isolated";
  hedged: boolean;
  maintenanceMargin: number;
  /** Rate of the bracket in use, 0.004 for 0.4 %. */
  maintenanceMarginPercentage: number;
  initialMargin: number;
  /** Of notional; a fraction. */
  initialMarginPercentage: number | undefined;
  /** Of the scope: requirement over equity, 1 is liquidation; undefined where there is no equity. */
  marginRatio: number | undefined;
  lastUpdateTimestamp: number | undefined;
  lastPrice: number | undefined;
  stopLossPrice: number | undefined;
  takeProfitPrice: number | undefined;
  /** Unrealised profit over initial margin, in per cent, signed. */
  percentage: number | undefined;
}

function optional(text: string | null): number | undefined {
  return text === null ? undefined : Number(text);
}

/**
 * A position in ccxt's shape. `scope` is the scope that carries it: of an isolated position its own, of a cross one its account's.
 *
 * @example
 * import { toCcxtPosition } from "underkeel/adapters";
 * import { RiskEngine } from "underkeel";
 * const engine = RiskEngine.fromBook({
 *   assets: [{ code: "USDT" }],
 *   markets: [{ symbol: "ETH/USDT:USDT", settle: "USDT", precision: { amount: "0.01" }, tiers: [{ maintenanceMarginRate: "0.01" }] }],
 *   marks: { "ETH/USDT:USDT": "2000" },
 *   accounts: [{
 *     id: "bob",
 *     positions: [{ symbol: "ETH/USDT:USDT", side: "short", contracts: "3", entryPrice: "1900", marginMode: "isolated", leverage: "10", isolatedMargin: "570" }],
 *   }],
 * });
 * const account = engine.account("bob");
 * const position = toCcxtPosition(account.position("ETH/USDT:USDT"), account.scope("ETH/USDT:USDT", "short").view());
 * position.collateral; // => 270
 * position.percentage; // => -50
 * position.info.isolatedMargin; // => "570"
 */
export function toCcxtPosition(position: PositionView, scope: ScopeView): CcxtPosition {
  const { down, up } = position.liquidationPrice;
  const notional = Number(position.notional);
  const initialMargin = Number(position.initialMargin);
  const unrealizedPnl = Number(position.unrealizedPnl);
  return {
    symbol: position.symbol,
    id: undefined,
    info: { ...position, scope },
    timestamp: undefined,
    datetime: undefined,
    contracts: Number(position.contracts),
    contractSize: Number(position.contractSize),
    side: position.side,
    notional,
    leverage: optional(position.leverage),
    unrealizedPnl,
    realizedPnl: undefined,
    collateral: Number(scope.equity),
    entryPrice: Number(position.entryPrice),
    markPrice: Number(position.markPrice),
    liquidationPrice: optional(position.side === "long" ? (down ?? up) : (up ?? down)),
    marginMode: position.marginMode,
    hedged: position.hedged,
    maintenanceMargin: Number(position.maintenanceMargin),
    maintenanceMarginPercentage: Number(position.maintenanceMarginRate),
    initialMargin,
    initialMarginPercentage: notional === 0 ? undefined : initialMargin / notional,
    marginRatio: optional(scope.marginRatio),
    lastUpdateTimestamp: undefined,
    lastPrice: undefined,
    stopLossPrice: undefined,
    takeProfitPrice: undefined,
    percentage: initialMargin === 0 ? undefined : (unrealizedPnl / initialMargin) * 100,
  };
}
