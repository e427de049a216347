// What the tests of stops share: one account of each position mode with positions in both margin modes, and one stop of every kind.
import type { RiskEngine } from "../../src/engine/engine.ts";
import type { EngineEvent, Profile, StopDefinition, StopEvent } from "../../src/types.ts";
import { BTC, COIN, ETH, fundedEngine } from "./fixtures.ts";

export type PlacedStop = StopDefinition & { readonly id: string };

/**
 * "one": 1 BTC long isolated (5,000 of margin, liquidatable at 45,180.72289156), 10 ETH short in cross, 5 coin contracts long isolated.
 * "two", hedged: 1 BTC long and 0.4 short in cross, 10 ETH long isolated.
 */
export function stopEngine(profile: Profile = "default"): RiskEngine {
  const engine = fundedEngine(profile);
  const trade = { price: "50000", leverage: "10", symbol: BTC } as const;
  const ether = { price: "2000", leverage: "10", symbol: ETH } as const;
  engine.fill({ ...trade, account: "one", side: "buy", amount: "1", marginMode: "isolated" });
  engine.fill({ ...ether, account: "one", side: "sell", amount: "10" });
  const coin = { price: "50000", leverage: "10", symbol: COIN, side: "buy", amount: "5" } as const;
  engine.fill({ ...coin, account: "one", marginMode: "isolated" });
  const long = { account: "two", positionSide: "long", side: "buy" } as const;
  engine.fill({ ...trade, ...long, amount: "1" });
  engine.fill({ ...trade, account: "two", side: "sell", amount: "0.4", positionSide: "short" });
  engine.fill({ ...ether, ...long, amount: "10", marginMode: "isolated" });
  return engine;
}

/** Liquidation price of the BTC long of "one", and the unit above it. */
export const LIQUIDATION = "45180.72289156";
export const ABOVE_LIQUIDATION = "45180.72289157";

/** The stop on the isolated BTC long of "one". */
export function onLong(change: Partial<StopDefinition> = {}): PlacedStop {
  return { id: "s", kind: "mark", symbol: BTC, triggerPrice: "48000", ...change };
}

/** A stop of every kind and form, with its account; all can be placed one after the other. */
export const EVERY_STOP: readonly (readonly [string, PlacedStop])[] = [
  ["one", onLong({ id: "sl", slippage: "0.001" })],
  ["one", onLong({ id: "tp", triggerPrice: "56000", purpose: "takeProfit", oco: "sl" })],
  ["one", onLong({ id: "late", triggerPrice: "45000", amount: "0.5" })],
  ["one", { id: "trail", kind: "trailing", symbol: BTC, distance: "1500.5" }],
  ["one", { id: "rate", kind: "trailing", symbol: ETH, side: "short", rate: "0.02" }],
  ["one", { id: "loss", kind: "marginLoss", symbol: BTC, share: "0.4" }],
  ["one", { id: "all", kind: "marginLoss", symbol: BTC, share: "1" }],
  ["one", { id: "coin", kind: "marginLoss", symbol: COIN, share: "0.25" }],
  ["one", { id: "entry", kind: "entryDeviation", symbol: ETH, deviation: "0.05" }],
  ["one", { id: "floor", kind: "equity", settle: "USDT", equityFloor: "90000" }],
  ["one", { id: "low", kind: "equity", symbol: ETH, equityFloor: "10", amount: "3" }],
  ["two", { id: "sl", kind: "mark", symbol: BTC, side: "short", triggerPrice: "60000" }],
  [
    "two",
    {
      id: "wait",
      kind: "trailing",
      symbol: BTC,
      side: "long",
      rate: "0.01",
      activationPrice: "51000",
    },
  ],
  [
    "two",
    { id: "deep", kind: "entryDeviation", symbol: ETH, side: "long", deviation: "0.5", oco: "sl" },
  ],
  ["two", { id: "draw", kind: "drawdown", settle: "USDT", drawdown: "0.2" }],
  [
    "two",
    {
      id: "third",
      kind: "drawdown",
      symbol: BTC,
      side: "short",
      drawdown: "1",
      referenceEquity: "200000",
      amount: "0.1",
    },
  ],
];

/** With every stop. */
export function everyStop(profile: Profile = "default"): RiskEngine {
  const engine = stopEngine(profile);
  for (const [account, stop] of EVERY_STOP) engine.placeStop(account, stop);
  return engine;
}

/** The events of stops, in short. */
export function told(events: readonly EngineEvent[]): string[] {
  return events
    .filter((event): event is StopEvent => event.type.startsWith("stop"))
    .map((event) => {
      const { stop } = event;
      if (event.type === "stopCancelled") return `${stop} cancelled: ${event.reason}`;
      if (event.type === "stopPlaced") {
        return `${stop} placed at ${event.triggerPrice ?? event.equityFloor}${event.clamped ? " (clamped)" : ""}`;
      }
      return `${stop} changed by ${event.reason}: ${event.amount ?? "all"} at ${event.triggerPrice}`;
    });
}

/** An account's stops as its book has them. */
export function stopsOf(engine: RiskEngine, id: string): readonly StopDefinition[] {
  return engine.toBook().accounts.find((account) => account.id === id)?.stops ?? [];
}
