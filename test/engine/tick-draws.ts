// Random accounts with stops for the properties of ticks, in two linear markets with prices of two decimals, so that a walk of every price
// between two marks is short (tick-walk.ts).
import * as fc from "fast-check";
import { RiskEngine } from "../../src/engine/engine.ts";
import type { MarginMode, PositionSide, StopDefinition } from "../../src/types.ts";
import { tryApply } from "./margin-fixtures.ts";

export const X = "X/USDT:USDT";
export const Y = "Y/USDT:USDT";
export const SYMBOLS: readonly string[] = [X, Y];
/** 100.00 */
export const MARK = 10_000;

type Stop = StopDefinition & { readonly id: string };

interface PositionDraw {
  readonly symbol: string;
  readonly side: PositionSide;
  readonly size: number;
  readonly entryUnits: number;
  /** Of the notional, in 1e-4. */
  readonly marginBasis: number;
}

interface StopDraw {
  readonly kind: "mark" | "trailing" | "equity" | "drawdown";
  readonly at: number;
  readonly awayUnits: number;
  readonly takeProfit: boolean;
  readonly amount: number;
  readonly share: number;
  readonly whole: boolean;
  readonly slipped: boolean;
  readonly paired: boolean;
}

export interface TickDraw {
  readonly mode: MarginMode;
  readonly hedged: boolean;
  readonly inclusive: boolean;
  /** positivePnlWeight of Y; 1 if absent. */
  readonly weight?: string;
  readonly positions: readonly PositionDraw[];
  readonly walletBasis: number;
  readonly stops: readonly StopDraw[];
}

const position: fc.Arbitrary<PositionDraw> = fc.record({
  symbol: fc.constantFrom(X, Y),
  side: fc.constantFrom("long", "short"),
  size: fc.integer({ min: 1, max: 40 }),
  entryUnits: fc.integer({ min: MARK - 60, max: MARK + 60 }),
  marginBasis: fc.noBias(fc.integer({ min: 130, max: 350 })),
});

const stop: fc.Arbitrary<StopDraw> = fc.record({
  kind: fc.constantFrom("mark", "mark", "mark", "trailing", "equity", "drawdown"),
  at: fc.nat(3),
  awayUnits: fc.noBias(fc.integer({ min: 1, max: 130 })),
  takeProfit: fc.boolean(),
  amount: fc.integer({ min: 0, max: 30 }),
  share: fc.integer({ min: 200, max: 990 }),
  whole: fc.boolean(),
  slipped: fc.boolean(),
  paired: fc.boolean(),
});

export const tickDraw: fc.Arbitrary<TickDraw> = fc.record({
  mode: fc.constantFrom<MarginMode[]>("cross", "isolated"),
  hedged: fc.boolean(),
  inclusive: fc.boolean(),
  weight: fc.constantFrom("1", "0.9", "0.25"),
  positions: fc.array(position, { minLength: 1, maxLength: 4 }),
  walletBasis: fc.noBias(fc.integer({ min: 110, max: 300 })),
  stops: fc.array(stop, { minLength: 2, maxLength: 5 }),
});

/** Where a mark goes, in price units from 100.00. */
export const move: fc.Arbitrary<number> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 7, arbitrary: fc.noBias(fc.integer({ min: -190, max: 190 })) },
);

export function priceText(units: number): string {
  return (units / 100).toFixed(2);
}

export function marksAt(x: number, y: number): Record<string, string> {
  return { [X]: priceText(MARK + x), [Y]: priceText(MARK + y) };
}

/** No accounts; both marks at 100. */
export function emptyTickEngine({
  inclusive,
  weight = "1",
}: Pick<TickDraw, "inclusive" | "weight">): RiskEngine {
  const engine = new RiskEngine({ profile: { triggerInclusive: inclusive } });
  engine.addAsset({ code: "USDT" });
  for (const symbol of SYMBOLS) {
    engine.addMarket({
      symbol,
      settle: "USDT",
      precision: { amount: "1" },
      priceDecimals: 2,
      taker: "0.0005",
      ...(symbol === Y ? { positivePnlWeight: weight } : {}),
      tiers: [
        { minNotional: "0", maxNotional: "2000", maintenanceMarginRate: "0.01", maxLeverage: "50" },
        {
          minNotional: "2000",
          maxNotional: null,
          maintenanceMarginRate: "0.02",
          maxLeverage: "25",
        },
      ],
    });
  }
  engine.setMarks(marksAt(0, 0));
  return engine;
}

/** Account "a" as drawn, without its stops. */
export function addDrawn(engine: RiskEngine, draw: TickDraw, id = "a"): void {
  engine.openAccount(id, { hedged: draw.hedged });
  const basis = draw.positions.reduce((sum, { size }) => sum + size, 0) * draw.walletBasis;
  engine.setBalance(id, "USDT", `${basis / 100}`);
  for (const { symbol, side, size, entryUnits, marginBasis } of draw.positions) {
    engine.setPosition(id, {
      symbol,
      side,
      contracts: `${size}`,
      entryPrice: priceText(entryUnits),
      marginMode: draw.mode,
      leverage: "20",
      ...(draw.mode === "isolated" ? { isolatedMargin: `${(size * marginBasis) / 100}` } : {}),
    });
  }
}

/** The stops as far as the engine takes them. */
export function placeDrawn(engine: RiskEngine, draw: TickDraw, account = "a"): void {
  const positions = engine.account(account).positions();
  const equity = (): number => Number(engine.account(account).scopes()[0]?.equity ?? "0");
  const targetOf = (drawn: StopDraw | undefined): (typeof positions)[number] | undefined =>
    positions[(drawn?.at ?? 0) % positions.length];
  draw.stops.forEach((drawn, index) => {
    const target = targetOf(drawn);
    if (target === undefined) return;
    // Of a pair in two scopes the scope that comes first decides, not the line.
    const pairs = draw.mode === "cross" || targetOf(draw.stops[index - 1]) === target;
    const { symbol, side } = target;
    const long = side === "long";
    const down = long !== drawn.takeProfit;
    const common = {
      id: `s${index}`,
      ...(drawn.slipped ? { slippage: "0.0037" } : {}),
      ...(drawn.paired && pairs && index > 0 ? { oco: `s${index - 1}` } : {}),
    };
    const part = drawn.amount === 0 ? {} : { amount: `${drawn.amount}` };
    const price = priceText(MARK + (down ? -drawn.awayUnits : drawn.awayUnits));
    const named = { symbol, side } as const;
    const byKind: Record<StopDraw["kind"], Stop> = {
      mark: {
        ...common,
        ...named,
        ...part,
        kind: "mark",
        purpose: drawn.takeProfit ? "takeProfit" : "stopLoss",
        triggerPrice: price,
      },
      trailing: {
        ...common,
        ...named,
        ...part,
        kind: "trailing",
        distance: priceText(drawn.awayUnits),
      },
      equity: {
        ...common,
        ...(drawn.whole ? { settle: "USDT" } : { ...named, ...part }),
        kind: "equity",
        equityFloor: ((equity() * drawn.share) / 1_000).toFixed(8),
      },
      drawdown: {
        ...common,
        ...(drawn.whole ? { settle: "USDT" } : named),
        kind: "drawdown",
        drawdown: `${(1_000 - drawn.share) / 1_000}`,
      },
    };
    const { oco, ...alone } = byKind[drawn.kind];
    const place = (given: Stop): boolean =>
      tryApply(engine, { type: "placeStop", account, stop: given });
    if (oco === undefined || !place(byKind[drawn.kind])) place(alone);
  });
}

export function drawnTickEngine(draw: TickDraw): RiskEngine {
  const engine = emptyTickEngine(draw);
  addDrawn(engine, draw);
  placeDrawn(engine, draw);
  return engine;
}
