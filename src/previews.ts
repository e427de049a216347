// What the engine answers before anything is done: an order or a command tried out. Plain data; amounts are decimal strings.
import type { EngineEvent, FillCommand, ScopeName } from "./commands.ts";
import type { RiskErrorCode } from "./errors.ts";
import type {
  AccountReport,
  DecimalLike,
  MarginMode,
  PositionSide,
  PositionView,
  ScopeView,
} from "./types.ts";

/** An order to look at before it is sent: a fill without its type. */
export type OrderRequest = Omit<FillCommand, "type" | "price"> & {
  /** Default: the mark. */
  readonly price?: DecimalLike;
};

/** Why something is refused: what the command would throw. */
export interface Refusal {
  readonly code: RiskErrorCode;
  /** The field that breaks the rule, e.g. `fill.amount`. */
  readonly path: string | null;
  readonly message: string;
}

/** An account as far as an order concerns it: before, or after it has filled. */
export interface OrderOutlook {
  /** The cross scope of the settle asset, then the market's isolated scopes. */
  readonly scopes: readonly ScopeView[];
  /** The position that the order trades; null: none. Its liquidationPrice is that of its scope. */
  readonly position: PositionView | null;
  /** What an isolated position could still take out of the wallet. */
  readonly available: string;
  /** What could be withdrawn. */
  readonly withdrawable: string;
}

/**
 * What an order would come to if it filled whole at its price.
 *
 * @example
 * import { RiskEngine } from "underkeel";
 * const engine = RiskEngine.fromBook({
 *   assets: [{ code: "USDT" }],
 *   markets: [{
 *     symbol: "ETH/USDT:USDT", settle: "USDT", precision: { amount: "0.01" }, taker: "0.0005",
 *     tiers: [{ maintenanceMarginRate: "0.01", maxLeverage: "50" }],
 *   }],
 *   marks: { "ETH/USDT:USDT": "2000" },
 *   accounts: [{ id: "bob", balances: { USDT: "500" } }],
 * });
 * const order = { account: "bob", symbol: "ETH/USDT:USDT", side: "buy", amount: "2", leverage: "10" };
 * const preview = engine.preview(order);
 * preview.initialMargin; // => "400"
 * preview.cost; // => "402"
 * preview.maxAmount; // => "2.48"
 * preview.after.position.liquidationPrice.down; // => "1768.68686868"
 * engine.preview({ ...order, amount: "3" }).refusal.code; // => "INSUFFICIENT_FUNDS"
 */
export interface OrderPreview {
  readonly accepted: boolean;
  /** null where it is accepted. */
  readonly refusal: Refusal | null;
  /** Of the part that opens or increases, at the order's price and leverage; "0" for a reduction. */
  readonly initialMargin: string;
  /** What that part loses at once at the mark; "0" where the price is better than the mark. */
  readonly openLoss: string;
  /** As stated, else by the schedule (taker unless said otherwise); negative for a rebate. */
  readonly fee: string;
  /** initialMargin + fee and, where the profile says so (orderOpenLoss), openLoss. */
  readonly cost: string;
  /**
   * Going up from one lot (a unit of the market's amount precision), the size that is accepted while one lot more is refused, the
   * order's other terms alike; "0" where one lot is refused.
   */
  readonly maxAmount: string;
  readonly before: OrderOutlook;
  /** null where it is refused. */
  readonly after: OrderOutlook | null;
  /** What the fill would return; empty where it is refused. */
  readonly events: readonly EngineEvent[];
}

/** What a command would come to. */
export interface CommandPreview {
  readonly accepted: boolean;
  /** null where it is accepted. */
  readonly refusal: Refusal | null;
  /** What `apply` would return; empty where it is refused. */
  readonly events: readonly EngineEvent[];
  /** null where the command names no account, or an unknown one. */
  readonly before: AccountReport | null;
  /** null where it is refused, too. */
  readonly after: AccountReport | null;
}

/** A figure before a change and after it. */
export interface Changed<Value> {
  readonly before: Value;
  readonly after: Value;
}

/** A scope that a mode switch touches; null where it does not exist before, or after. */
export interface SwitchedScope extends Changed<ScopeView | null> {
  readonly name: ScopeName;
}

/** A position that a mode switch converts, or whose scope it touches: there its liquidation prices move. */
export interface SwitchedPosition {
  readonly symbol: string;
  readonly side: PositionSide;
  readonly marginMode: Changed<MarginMode>;
  readonly contracts: Changed<string>;
  readonly leverage: Changed<string | null>;
  readonly isolatedMargin: Changed<string | null>;
  readonly liquidationPrice: Changed<PositionView["liquidationPrice"]>;
  /** From the wallet into the position, negative the other way; "0" for a position that stays in its mode. */
  readonly transfer: string;
}

/** What a switch of margin mode would come to. */
export interface MarginModePreview {
  readonly accepted: boolean;
  /** null where it is accepted. */
  readonly refusal: Refusal | null;
  /** Sum of the positions' transfers, "0" without any; null where they are in several assets, or it is refused. */
  readonly transfer: string | null;
  /** Contracts of the partial close; "0" where nothing is closed. */
  readonly closed: string;
  /** Of the positions switched, afterwards; null where there is none or they differ. */
  readonly leverage: string | null;
  /** Empty where it is refused. */
  readonly scopes: readonly SwitchedScope[];
  /** Empty where it is refused. */
  readonly positions: readonly SwitchedPosition[];
  /** What the command would return; empty where it is refused. */
  readonly events: readonly EngineEvent[];
}

/**
 * How far a stake can be levered in a market.
 *
 * @example
 * import { RiskEngine } from "underkeel";
 * const engine = new RiskEngine();
 * engine.addAsset({ code: "USDT" });
 * engine.addMarket({
 *   symbol: "BNB/USDT:USDT", settle: "USDT", precision: { amount: "0.01" },
 *   tiers: [
 *     { minNotional: "0", maxNotional: "50000", maintenanceMarginRate: "0.01", maxLeverage: "50" },
 *     { minNotional: "50000", maxNotional: "250000", maintenanceMarginRate: "0.02", maxLeverage: "25" },
 *   ],
 * });
 * engine.maxLeverage("BNB/USDT:USDT", { stake: "1500" }).leverage; // => "33.333"
 * engine.maxLeverage("BNB/USDT:USDT", { stake: "1500" }).limit; // => "33.333333333333"
 */
export interface MaxLeverage {
  /** The largest leverage that a position of this margin is admitted with; null: no cap. */
  readonly leverage: string | null;
  /**
   * The least upper bound, exact but for rounding down to 12 decimals: where a bracket's upper end decides, it is that end over the
   * stake, which no leverage in thousandths may reach. null: no cap.
   */
  readonly limit: string | null;
  /** stake · leverage; null: no cap. */
  readonly notional: string | null;
}

/** Terms of {@link MaxLeverage}. */
export interface StakeRequest {
  /** Margin in the settle asset, above 0. */
  readonly stake: DecimalLike;
  /** Holds the leverage to this mode's cap of the market too. */
  readonly marginMode?: MarginMode;
}
