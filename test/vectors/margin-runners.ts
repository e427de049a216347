// Worked examples of isolated margin and of switching the margin mode. Vega keeps a margin account per market beside a general account: its
// cross margin, order margin and general balance together are our wallet; its position margin is the isolated margin, its order margin what
// open orders reserve, and its general balance what is left of the wallet.
import type { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import type { Profile } from "../../src/types.ts";
import type { Answers, Runner } from "./check.ts";
import type { Vector } from "./runners.ts";
import { adversePrice, bench, flatTiers, put, read, SYMBOL, text } from "./workbench.ts";

const VEGA: Profile = { modeSwitchMargin: "entry", modeSwitchToCross: "always" };
/** The largest balances of the examples have 11 digits. */
const COARSE = { settleDecimals: 4 } as const;
const OTHER = "Y";

/** Wallet of account "a". */
function walletOf(engine: RiskEngine): number {
  return Number(engine.account("a").balances().S ?? "0");
}

function pay(engine: RiskEngine, wallet: number): void {
  engine.setBalance("a", "S", text(wallet));
}

/** A cross position of another market that needs this much initial margin. */
function besides(engine: RiskEngine, initialMargin: number): void {
  put(engine, { symbol: OTHER, size: initialMargin * 10, entry: 1, leverage: 10 });
}

/** What a refusal is called in the examples. */
function refusalOf(
  action: () => unknown,
  names: Readonly<Record<string, string>>,
): string | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof RiskError) return names[error.code] ?? error.code;
    throw error;
  }
  return undefined;
}

// ── isolated margin ─────────────────────────────────────────────────────────────────────────────────

/** The cross position has the example's maintenance margin of 600, and what initial margin makes 3,500 available. */
function maxAddable({ inputs }: Vector): Answers {
  const { crossWallet, isolatedOpenOrderIM, crossMaintMargin, isolatedAvailableForOrder } = inputs;
  const initial = crossWallet - isolatedOpenOrderIM - isolatedAvailableForOrder;
  const notional = initial * 10;
  const amount = notional * 0.06 - crossMaintMargin;
  const engine = bench(
    [
      { tiers: flatTiers(0.005), mark: 100 },
      { symbol: OTHER, tiers: flatTiers(0.06, amount), mark: 1 },
    ],
    { profile: "binance" },
  );
  pay(engine, crossWallet);
  put(engine, { symbol: OTHER, size: notional, entry: 1, leverage: 10 });
  put(engine, { size: 1, entry: 100, margin: 10, leverage: 10 });
  const amountText = text((isolatedOpenOrderIM * 10) / 100);
  engine.placeOrder("a", {
    id: "o",
    symbol: SYMBOL,
    side: "buy",
    amount: amountText,
    price: "100",
  });
  return { maxAddable: engine.account("a").marginLimits(SYMBOL).addable };
}

function maxRemovable({ inputs }: Vector): Answers {
  const { signedSize, entryPrice, markPrice, maintMargin, imr, isolatedWallet } = inputs;
  const tiers = flatTiers(maintMargin / (Math.abs(signedSize) * markPrice));
  const engine = bench([{ tiers, mark: markPrice }], { profile: "binance" });
  put(engine, { size: signedSize, entry: entryPrice, margin: isolatedWallet, leverage: 1 / imr });
  return { maxRemovable: engine.account("a").marginLimits(SYMBOL).removable };
}

/** Margin of the position before and after trades; sizes are in 1 / positionFactor. */
function marginsAround({ inputs }: Vector): { readonly before: number; readonly after: number } {
  const { oldSize, positionFactor, marginBalance, trades, marginFactor = 0.5 } = inputs;
  const entry: number = trades[0].price;
  const engine = bench([{ tiers: flatTiers(0.01), mark: entry, amountDecimals: 1 }]);
  pay(engine, 1_000);
  const size = oldSize / positionFactor;
  put(engine, { size, entry, margin: marginBalance, leverage: 1 / marginFactor });
  for (const trade of trades) {
    engine.fill({
      account: "a",
      symbol: SYMBOL,
      side: oldSize > 0 ? "sell" : "buy",
      amount: text(trade.size / positionFactor),
      price: text(trade.price),
    });
  }
  return { before: marginBalance, after: Number(read(engine).position.isolatedMargin) };
}

function flip(vector: Vector): Answers {
  const { before, after } = marginsAround(vector);
  return { transferIntoMargin: after - before };
}

function reduce(vector: Vector): Answers {
  const { before, after } = marginsAround(vector);
  return { released: before - after };
}

/** Vega settles every move of the mark into the margin: ours is the margin with the unrealised result, the equity. */
function markToMarket({ inputs }: Vector): Answers {
  const engine = bench([{ tiers: flatTiers(0.01), mark: inputs.markFrom }]);
  put(engine, {
    size: inputs.signedSize,
    entry: inputs.markFrom,
    margin: inputs.marginBefore,
    leverage: 2,
  });
  engine.setMarks({ [SYMBOL]: text(inputs.markTo) });
  return { marginAfter: read(engine).scope.equity };
}

// ── mode switches of the default profile ────────────────────────────────────────────────────────────

function switchBench({ inputs }: Vector, profile: Profile = "default"): RiskEngine {
  const { mmr = 0.005, maintAmount = 0, markPrice, walletBalance } = inputs;
  const engine = bench(
    [
      { tiers: flatTiers(mmr, maintAmount), mark: markPrice },
      { symbol: OTHER, tiers: flatTiers(0.005), mark: 1 },
    ],
    { profile },
  );
  pay(engine, walletBalance);
  return engine;
}

function defaultToIsolated(vector: Vector): Answers {
  const { signedSize, entryPrice, leverage, otherCrossInitialMargin } = vector.inputs;
  const engine = switchBench(vector);
  put(engine, { size: signedSize, entry: entryPrice, leverage });
  if (otherCrossInitialMargin !== undefined) besides(engine, otherCrossInitialMargin);
  const change = { account: "a", symbol: SYMBOL, marginMode: "isolated" } as const;
  const names = {
    INSUFFICIENT_CROSS: "insufficient-cross",
    INSUFFICIENT_FUNDS: "insufficient-wallet",
  };
  const error = refusalOf(() => engine.setMarginMode(change), names);
  if (error !== undefined) return { error };
  const { position } = read(engine);
  return {
    isolatedMargin: position.isolatedMargin,
    walletAfter: walletOf(engine),
    liquidationPrice: adversePrice(position),
  };
}

/** The figures of the switch that is refused are those after it where a profile never refuses it. */
function defaultToCross(vector: Vector): Answers {
  const { signedSize, entryPrice, leverage, isolatedMargin, otherCrossEquityNeeds } = vector.inputs;
  const preview = (profile: Profile): ReturnType<RiskEngine["previewMarginMode"]> => {
    const engine = switchBench(vector, profile);
    put(engine, { size: signedSize, entry: entryPrice, leverage, margin: isolatedMargin });
    besides(engine, otherCrossEquityNeeds);
    return engine.previewMarginMode({ account: "a", symbol: SYMBOL, marginMode: "cross" });
  };
  const after = preview({ modeSwitchToCross: "always" }).scopes.find(
    ({ name }) => name.scope === "cross",
  )?.after;
  return {
    crossEquityAfter: after?.equity,
    requiredInitial: after?.initialMargin,
    ok: preview("default").accepted,
  };
}

// ── mode switches of Vega ───────────────────────────────────────────────────────────────────────────

interface Part {
  readonly share: number;
  readonly leverage: number;
}

/**
 * A margin factor is a leverage of 1 / factor. Leverage is in thousandths here; where that is none, the position is held in two
 * markets of the same terms, at leverages that make the two margins add up to the factor's.
 */
const SPLITS: ReadonlyMap<number, readonly Part[]> = new Map([
  [
    0.3,
    [
      { share: 0.2, leverage: 2 },
      { share: 0.8, leverage: 4 },
    ],
  ],
  [
    0.6,
    [
      { share: 0.2, leverage: 1 },
      { share: 0.8, leverage: 2 },
    ],
  ],
  [
    0.7,
    [
      { share: 0.4, leverage: 1 },
      { share: 0.6, leverage: 2 },
    ],
  ],
  [
    1.3,
    [
      { share: 0.025, leverage: 0.5 },
      { share: 0.975, leverage: 0.78 },
    ],
  ],
]);

function partsOf(factor: number): readonly Part[] {
  return SPLITS.get(factor) ?? [{ share: 1, leverage: 1 / factor }];
}

const PART_SYMBOLS = [SYMBOL, OTHER] as const;

/** The brackets' initial rate is the example's initial margin over its notional (above 1: 1, which no check meets then). */
function vegaBench({ inputs }: Vector): RiskEngine {
  const price: number = inputs.averageEntryPrice;
  const rate = inputs.initialMargin / (Math.abs(inputs.positionSize) * price);
  const maxLeverage = Math.max(1, Math.floor(1_000 / rate) / 1_000);
  const tiers = [{ maintenanceMarginRate: text(rate / 2, 6), maxLeverage: text(maxLeverage, 3) }];
  const markets = PART_SYMBOLS.map((symbol) => ({ symbol, tiers, mark: price }));
  const engine = bench(markets, { profile: VEGA, ...COARSE });
  pay(engine, inputs.marginBalance + inputs.orderMarginBalance + inputs.generalBalance);
  return engine;
}

function vegaBalances(engine: RiskEngine): Answers {
  const reserved = Number(engine.account("a").reserved("S"));
  const margins = engine
    .account("a")
    .positions()
    .map(({ isolatedMargin }) => Number(isolatedMargin));
  return {
    margin: margins.reduce((sum, margin) => sum + margin, 0),
    orderMargin: reserved,
    general: walletOf(engine) - reserved,
  };
}

/** Position and orders stand in cross without a leverage of their own; the leverage set before is what they are isolated at. */
function vegaToIsolated(vector: Vector): Answers {
  const { positionSize, averageEntryPrice, openOrders, marginFactor } = vector.inputs;
  const engine = vegaBench(vector);
  partsOf(marginFactor).forEach(({ share, leverage }, index) => {
    const symbol = PART_SYMBOLS[index] ?? SYMBOL;
    engine.setLeverage("a", symbol, text(leverage, 3));
    put(engine, { symbol, size: positionSize * share, entry: averageEntryPrice });
    for (const [at, { size, price }] of openOrders.entries()) {
      const amount = text(Math.abs(size) * share);
      const side = size > 0 ? "buy" : "sell";
      engine.placeOrder("a", { id: `${index} ${at}`, symbol, side, amount, price: text(price) });
    }
  });
  const change = {
    account: "a",
    marginMode: "isolated",
    policy: "accountWide",
    carryOrders: true,
  } as const;
  const names = {
    INSUFFICIENT_FUNDS: "insufficient-general",
    INSUFFICIENT_CROSS: "insufficient-general",
  };
  const error = refusalOf(() => engine.setMarginMode(change), names);
  return error === undefined ? vegaBalances(engine) : { error };
}

/** The position is isolated already, at half its notional: another factor is another leverage. */
function vegaRelever(vector: Vector): Answers {
  const { positionSize, averageEntryPrice, marginBalance, generalBalance, marginFactor } =
    vector.inputs;
  const engine = vegaBench(vector);
  pay(engine, generalBalance);
  const parts = partsOf(marginFactor);
  const leverageBefore = (Math.abs(positionSize) * averageEntryPrice) / marginBalance;
  parts.forEach(({ share }, index) => {
    const symbol = PART_SYMBOLS[index] ?? SYMBOL;
    const margin = marginBalance * share;
    const size = positionSize * share;
    put(engine, { symbol, size, entry: averageEntryPrice, margin, leverage: leverageBefore });
  });
  parts.forEach(({ leverage }, index) => {
    engine.setLeverage("a", PART_SYMBOLS[index] ?? SYMBOL, text(leverage, 3));
  });
  return vegaBalances(engine);
}

function toIsolated(vector: Vector): Answers {
  if (vector.venue !== "vega") return defaultToIsolated(vector);
  return vector.id === "vega-feature-128-07" ? vegaRelever(vector) : vegaToIsolated(vector);
}

/** Back in cross the position's margin and what the order reserved are one wallet again: what it holds beside the general balance. */
function vegaToCross({ inputs }: Vector): Answers {
  const { marginBalance, orderMarginBalance, generalBalance, positionSize } = inputs;
  const price = marginBalance * 10;
  const engine = bench([{ tiers: flatTiers(0.01), mark: price }], { profile: VEGA, ...COARSE });
  pay(engine, generalBalance + orderMarginBalance);
  put(engine, { size: positionSize, entry: price, margin: marginBalance, leverage: 10 });
  const amount = text((orderMarginBalance * 10) / price);
  engine.placeOrder("a", { id: "o", symbol: SYMBOL, side: "buy", amount, price: text(price) });
  const orderMarginReleased = Number(engine.account("a").reserved("S"));
  engine.setMarginMode({ account: "a", symbol: SYMBOL, marginMode: "cross", carryOrders: true });
  return { orderMarginReleased, marginBalance: walletOf(engine) - generalBalance };
}

export const MARGIN_RUNNERS: ReadonlyMap<string, Runner> = new Map<string, Runner>([
  ["isolated.addMargin", maxAddable],
  ["isolated.removeMargin", maxRemovable],
  ["isolated.flip", flip],
  ["isolated.reduce", reduce],
  ["isolated.markToMarket", markToMarket],
  ["modeSwitch.crossToIsolated", toIsolated],
  ["modeSwitch.effectOnLP", defaultToIsolated],
  [
    "modeSwitch.isolatedToCross",
    (vector) => (vector.venue === "vega" ? vegaToCross(vector) : defaultToCross(vector)),
  ],
]);

export const MARGIN_EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  [
    "vega-reduce-release-2.released",
    "takes the unrealised result of a short with the wrong sign; ours releases the margin's share (30), the result beside it",
  ],
]);
