// What the tests of ticks share: accounts in the markets of fixtures.ts, and events as short lines.
import type { RiskEngine } from "../../src/engine/engine.ts";
import type {
  EngineEvent,
  PositionDefinition,
  Profile,
  StopDefinition,
  TickMark,
  TickOptions,
} from "../../src/types.ts";
import { BTC, ETH, emptyEngine } from "./fixtures.ts";

/** 1 BTC long at 50,000 with 5,000 of margin, which is liquidatable below 45,180.72… (5,000 + p − 50,000 < 0.004·p). */
export const ISOLATED: PositionDefinition = {
  symbol: BTC,
  side: "long",
  contracts: "1",
  entryPrice: "50000",
  marginMode: "isolated",
  leverage: "10",
  isolatedMargin: "5000",
};

/** 1 BTC long at 50,000 in cross. */
export const CROSS: PositionDefinition = {
  symbol: BTC,
  side: "long",
  contracts: "1",
  entryPrice: "50000",
  marginMode: "cross",
  leverage: "10",
};

/** 10 ETH long at 2,000 in cross. */
export const ETHER: PositionDefinition = {
  symbol: ETH,
  side: "long",
  contracts: "10",
  entryPrice: "2000",
  marginMode: "cross",
  leverage: "10",
};

export function addAccount(
  engine: RiskEngine,
  id: string,
  wallet: string,
  positions: readonly PositionDefinition[],
  hedged = false,
): void {
  engine.openAccount(id, { hedged });
  engine.setBalance(id, "USDT", wallet);
  for (const position of positions) engine.setPosition(id, position);
}

/** Account "a" with a wallet, positions and stops. */
export function tickEngine(
  wallet: string,
  positions: readonly PositionDefinition[],
  stops: readonly (StopDefinition & { readonly id: string })[] = [],
  profile: Profile = "default",
): RiskEngine {
  const engine = emptyEngine(profile);
  addAccount(engine, "a", wallet, positions);
  for (const stop of stops) engine.placeStop("a", stop);
  return engine;
}

/** A stop at a price, on the BTC long unless said. */
export function stopAt(
  id: string,
  triggerPrice: string,
  change: Partial<StopDefinition> = {},
): StopDefinition & { readonly id: string } {
  return { id, kind: "mark", symbol: BTC, side: "long", triggerPrice, ...change };
}

function scopeName(event: Extract<EngineEvent, { readonly scope: unknown }>): string {
  const { account, scope, settle, symbol, side } = event;
  return symbol === null
    ? `${account} ${scope} ${settle}`
    : `${account} ${scope} ${symbol} ${side}`;
}

/** An event in a line. */
export function line(event: EngineEvent): string {
  switch (event.type) {
    case "stopTriggered": {
      const closes = event.closes.map(
        ({ symbol, side, contracts, price }) => `${symbol} ${side} ${contracts} at ${price}`,
      );
      return `${event.type} ${event.account} ${event.stop}: ${closes.join(", ")}`;
    }
    case "stopCancelled":
      return `${event.type} ${event.account} ${event.stop} ${event.reason}`;
    case "stopChanged":
      return `${event.type} ${event.account} ${event.stop} ${event.reason} ${event.triggerPrice} ${event.amount}`;
    case "marginCall":
      return `${event.type} ${scopeName(event)} ${event.level}`;
    case "liquidatable":
    case "recovered":
    case "outOfRange":
      return `${event.type} ${scopeName(event)}`;
    case "positionChanged":
      return `${event.type} ${event.account} ${event.symbol} ${event.side} ${event.contracts}`;
    default:
      return event.type;
  }
}

/** What a tick tells, in lines. */
export function told(
  engine: RiskEngine,
  marks: Readonly<Record<string, TickMark>>,
  options?: TickOptions,
): string[] {
  return [...engine.tick(marks, options).events()].map(line);
}

/** The same without the changes of positions and balances. */
export function news(
  engine: RiskEngine,
  marks: Readonly<Record<string, TickMark>>,
  options?: TickOptions,
): string[] {
  return told(engine, marks, options).filter(
    (each) => !each.startsWith("positionChanged") && !each.startsWith("balanceChanged"),
  );
}

/** True where the books balance to the last unit. */
export function balances(engine: RiskEngine): boolean {
  return Object.values(engine.audit()).every(({ difference }) => difference === "0");
}
