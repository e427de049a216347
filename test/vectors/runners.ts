// One runner per family of worked examples: inputs in, the engine's answers under the names of the example's
// expectations out. A runner takes its figures from the public API; where a venue's convention is composed from
// what the engine offers, the composition is said.
import { deriveHyperliquidTable, deriveTable } from "../../src/tiers/index.ts";
import type { LeverageTier, Profile } from "../../src/types.ts";
import { borrowedCoin } from "./collateral-runners.ts";
import { adversePrice, bench, flatTiers, put, read, SYMBOL, text } from "./workbench.ts";

export interface Vector {
  readonly id: string;
  readonly venue: string;
  readonly category: string;
  // biome-ignore lint/suspicious/noExplicitAny: each family of examples has its own input names
  readonly inputs: Record<string, any>;
  readonly expected: Record<string, unknown>;
  readonly tolerance: { readonly rel?: number; readonly abs?: number };
  readonly recomputed?: Record<string, number>;
}

type Answers = Record<string, unknown>;
type Runner = (vector: Vector) => Answers;

const CLOSE_FEE: Profile = { closeFeeInRequirement: true };
/** Prices of inverse contracts to 4 decimals need coin amounts finer than 1e-8. */
const FINE_COIN = { settleDecimals: 12 } as const;

interface TierRow {
  readonly floor?: number;
  readonly cap?: number;
  readonly mmr: number;
  readonly maxLeverage?: number;
  readonly minContracts?: number;
  readonly maxContracts?: number;
}

function tiersOf(rows: readonly TierRow[]): LeverageTier[] {
  return rows.map((row, index) => {
    const next = rows[index + 1]?.floor;
    const cap = row.maxContracts ?? row.cap ?? next;
    return {
      minNotional: text(row.minContracts ?? row.floor ?? 0),
      ...(cap === undefined ? {} : { maxNotional: text(cap) }),
      maintenanceMarginRate: text(row.mmr, 9),
      ...(row.maxLeverage === undefined || row.mmr * row.maxLeverage >= 1
        ? {}
        : { maxLeverage: text(row.maxLeverage, 3) }),
    };
  });
}

/** Maintenance amounts of a bracket table in settle units. */
function amountsOf(tiers: readonly LeverageTier[]): number[] {
  const options = { settleDecimals: 8, style: "marginal", closeFeeRate: 0, path: "tiers" } as const;
  const { table } = deriveTable(tiers, options);
  return table.brackets.map((one) => Number(one.scaledAmount) / table.rateDenominator / 1e8);
}

/** A position of a notional at price 1, whose tier and margin the engine then tells. */
function atNotional(rows: readonly TierRow[], notional: number): Answers {
  const tiers = tiersOf(rows);
  const amounts = amountsOf(tiers);
  if (notional === 0)
    return { mmr: Number(tiers[0]?.maintenanceMarginRate), maintAmount: amounts[0] };
  const engine = bench([{ tiers, mark: 1 }]);
  put(engine, { size: notional, entry: 1 });
  const { position } = read(engine);
  return {
    mmr: Number(position.maintenanceMarginRate),
    maintAmount: amounts[position.tier - 1],
    maintMargin: Number(position.maintenanceMargin),
  };
}

function atContracts(rows: readonly TierRow[], contracts: number, mark = 1, size = 1): Answers {
  const tiers = tiersOf(rows);
  const market = { tiers, mark, contractSize: size, amountDecimals: 0 };
  const engine = bench([market], { profile: "okx" });
  put(engine, { size: contracts, entry: mark });
  const { position } = read(engine);
  return {
    mmr: Number(position.maintenanceMarginRate),
    maintAmount: null,
    maintMargin: Number(position.maintenanceMargin),
  };
}

/** Hyperliquid's tables have rates that are no decimals: figures straight from the derived table. */
function hyperliquidTable(rows: readonly { lowerBound: number; maxLeverage: number }[]): {
  readonly deductions: number[];
  marginAt(notional: number): number;
} {
  const marginTiers = rows.map(({ lowerBound, maxLeverage }) => ({
    lowerBound: text(lowerBound),
    maxLeverage,
  }));
  const { table } = deriveHyperliquidTable(marginTiers, { settleDecimals: 8 });
  const scale = table.rateDenominator * 1e8;
  return {
    deductions: table.brackets.map(({ scaledAmount }) => Number(scaledAmount) / scale),
    marginAt(notional) {
      const held = table.brackets.filter(({ floor }) => Number(floor) <= notional * 1e8).at(-1);
      if (held === undefined) throw new Error("no bracket");
      return (notional * held.rate) / table.rateDenominator - Number(held.scaledAmount) / scale;
    },
  };
}

/** dYdX: quantums are units of 10^atomicResolution, price times 10^exponent, quote units of 1e-6. */
function dydxRequirement({ inputs }: Vector): Answers {
  const ppm = (inputs.initialMarginPpm * inputs.maintenanceFractionPpm) / 1_000_000;
  const price = Number(inputs.price) * 10 ** inputs.exponent;
  const market = {
    tiers: flatTiers(ppm / 1_000_000),
    mark: price,
    amountDecimals: -inputs.atomicResolution,
  };
  const engine = bench([market], { settleDecimals: 6 });
  const size = Number(inputs.quantums) * 10 ** inputs.atomicResolution;
  put(engine, { size, entry: price, leverage: 1_000_000 / inputs.initialMarginPpm });
  const { position } = read(engine);
  return {
    maintMargin: Math.round(Number(position.maintenanceMargin) * 1e6),
    initialMargin: Math.round(Number(position.initialMargin) * 1e6),
  };
}

/** Isolated margin of an example, stated or from its leverage. */
function marginOf(inputs: Vector["inputs"], size: number, entry: number): number {
  const stated = inputs.isolatedMargin ?? inputs.isolatedWallet;
  if (stated !== undefined) return stated;
  return (Math.abs(size) * entry) / inputs.leverage + (inputs.extraMargin ?? 0);
}

/**
 * Maintenance margin on the ENTRY value is a requirement that no price moves: the price at which equity meets it is the
 * bankruptcy price of a margin that is smaller by it.
 */
function entryBasis(inputs: Vector["inputs"]): Answers {
  const size = inputs.signedSize ?? inputs.side;
  const entry = inputs.entryPrice;
  const tiers = flatTiers(inputs.mmr);
  const probe = bench([{ tiers, mark: entry }]);
  put(probe, { size, entry, margin: marginOf(inputs, size, entry) });
  const required = Number(read(probe).position.maintenanceMargin);
  const engine = bench([{ tiers, mark: entry }]);
  put(engine, { size, entry, margin: marginOf(inputs, size, entry) - required });
  return { liquidationPrice: Number(read(engine).position.bankruptcyPrice) };
}

function isolatedLinear(vector: Vector): Answers {
  const { inputs } = vector;
  if (inputs.maintBasis === "entry") return entryBasis(inputs);
  if (vector.id === "hl-api-eth-isolated") return hyperliquidApi(inputs);
  if (vector.id === "phemex-isolated-lp") return phemex(inputs);
  const held = inputs.position ?? inputs;
  const size = held.signedSize ?? inputs.side * inputs.contracts;
  // dYdX states equity at the oracle price: the same as a margin with the entry there.
  const entry = held.entryPrice ?? inputs.oraclePrice;
  const market = {
    tiers:
      inputs.tiers === undefined
        ? flatTiers(held.mmr ?? inputs.mmr ?? inputs.mmf, held.maintAmount)
        : tiersOf(inputs.tiers),
    mark: entry,
    contractSize: inputs.contractValue ?? 1,
    taker: inputs.takerFee ?? 0,
  };
  const engine = bench([market], { profile: inputs.closeFeeInTrigger ? CLOSE_FEE : "default" });
  put(engine, { size, entry, margin: inputs.accountEquity ?? marginOf(inputs, size, entry) });
  const liquidationPrice = adversePrice(read(engine).position);
  engine.setMarks({ [SYMBOL]: text(liquidationPrice ?? entry) });
  const { position, scope } = read(engine);
  const required = Number(scope.maintenanceMargin) + Number(scope.closeFee);
  return {
    liquidationPrice,
    equityAtLP: Number(scope.equity),
    equityMinusRequirementAtLP: Number(scope.equity) - required,
    tierIndex: position.tier - 1,
  };
}

/** The margin that the API reports contains the unrealised profit: the entry for our purpose is the mark. */
function hyperliquidApi(inputs: Vector["inputs"]): Answers {
  const mark = inputs.positionValue / inputs.signedSize;
  const engine = bench([{ tiers: flatTiers(1 / (2 * inputs.maxLeverage)), mark }]);
  const margin = inputs.positionValue + inputs.rawUsd;
  put(engine, { size: inputs.signedSize, entry: mark, margin });
  const { position } = read(engine);
  return {
    liquidationPrice: adversePrice(position),
    marginUsed: Number(position.isolatedMargin),
    unrealizedPnl: inputs.positionValue - inputs.signedSize * inputs.entryPrice,
  };
}

/** Phemex assigns value / L plus the fee to close at the bankruptcy price. */
function phemex(inputs: Vector["inputs"]): Answers {
  const value = inputs.signedSize * inputs.entryPrice;
  const margin = value / inputs.leverage + value * (1 - 1 / inputs.leverage) * inputs.takerFee;
  const market = { tiers: flatTiers(inputs.mmr), mark: inputs.entryPrice, taker: inputs.takerFee };
  const engine = bench([market], { profile: CLOSE_FEE });
  put(engine, { size: inputs.signedSize, entry: inputs.entryPrice, margin });
  const { position } = read(engine);
  return {
    assignedMargin: Number(position.isolatedMargin),
    liquidationPrice: adversePrice(position),
  };
}

function isolatedInverse({ inputs }: Vector): Answers {
  const contractSize = inputs.contractMultiplierUsd ?? 1;
  const size = inputs.side * (inputs.contracts ?? inputs.contractsUsd);
  const entry = inputs.entryPrice;
  const market = { tiers: flatTiers(inputs.mmr), mark: entry, inverse: true, contractSize };
  const value = (Math.abs(size) * contractSize) / entry;
  const margin = inputs.isolatedWalletBtc ?? value / inputs.leverage;
  const engine = bench([market], FINE_COIN);
  put(engine, { size, entry, margin });
  const { position } = read(engine);
  if (inputs.maintBasis !== "entry") {
    return { liquidationPrice: adversePrice(position), equityMinusMaintAtLP: 0 };
  }
  const reduced = bench([market], FINE_COIN);
  put(reduced, { size, entry, margin: margin - Number(position.maintenanceMargin) });
  return {
    positionValueBtc: Number(position.notional),
    initialMarginBtc: Number(position.isolatedMargin),
    liquidationPrice: Number(read(reduced).position.bankruptcyPrice),
  };
}

interface OtherPosition {
  readonly symbol: string;
  readonly signedSize: number;
  readonly mmr?: number;
  readonly mmf?: number;
  readonly maintAmount?: number;
  readonly entryPrice?: number;
  readonly markPrice?: number;
  readonly oraclePrice?: number;
}

function crossLinear(vector: Vector): Answers {
  const { inputs } = vector;
  if (vector.id === "hl-live-cross-dydx") return hyperliquidLive(inputs);
  const held = inputs.position ?? { ...inputs, markPrice: inputs.oraclePrice };
  const others = inputs.others as readonly OtherPosition[];
  const rate = (one: OtherPosition): number => one.mmr ?? one.mmf ?? 0;
  const engine = bench([
    { tiers: flatTiers(rate(held), held.maintAmount), mark: held.markPrice },
    ...others.map((other) => ({
      symbol: other.symbol,
      tiers: flatTiers(rate(other), other.maintAmount),
      mark: other.markPrice ?? other.oraclePrice ?? 0,
    })),
  ]);
  engine.setBalance("a", "S", text(inputs.walletBalance ?? inputs.accountEquity));
  put(engine, { size: held.signedSize, entry: held.entryPrice ?? held.markPrice });
  for (const { symbol, signedSize, entryPrice, oraclePrice } of others) {
    put(engine, {
      symbol,
      size: signedSize,
      entry: entryPrice ?? oraclePrice ?? 0,
    });
  }
  const { position, scope } = read(engine);
  return {
    liquidationPrice: adversePrice(position),
    otherMaintMargin: Number(scope.maintenanceMargin) - Number(position.maintenanceMargin),
  };
}

/** A live account, its other positions put together as one of the same maintenance margin. */
function hyperliquidLive(inputs: Vector["inputs"]): Answers {
  const rate = 1 / (2 * inputs.maxLeverage);
  const mark = inputs.positionValue / Math.abs(inputs.signedSize);
  const otherNotional = (inputs.crossMaintMarginTotal - inputs.positionValue * rate) / rate;
  const tiers = flatTiers(rate);
  const engine = bench([
    { tiers, mark, priceDecimals: 12, amountDecimals: 1 },
    { symbol: "OTHERS", tiers, mark: otherNotional, amountDecimals: 0 },
  ]);
  engine.setBalance("a", "S", text(inputs.crossAccountValue));
  put(engine, { size: inputs.signedSize, entry: mark, notional: -inputs.positionValue });
  put(engine, { symbol: "OTHERS", size: 1, entry: otherNotional });
  return { liquidationPrice: adversePrice(read(engine).position) };
}

/** A hedged pair whose price is found on the side that the equity shrinks to. */
function crossHedge({ inputs }: Vector): Answers {
  const { long, short } = inputs;
  const tiers = flatTiers(long.mmr, long.maintAmount);
  const engine = bench([{ tiers, mark: long.entryPrice }], { hedged: true });
  engine.setBalance("a", "S", text(inputs.walletBalance));
  put(engine, { size: long.size, entry: long.entryPrice });
  put(engine, { size: -short.size, entry: short.entryPrice });
  const [position] = engine.account("a").positions();
  return { liquidationPrice: Number(position?.liquidationPrice.up), denominator: 0.01 };
}

function crossInverse(vector: Vector): Answers {
  const { inputs } = vector;
  if (vector.id === "bybit-inverse-cross-old") return bybitOldInverse(inputs);
  const market = {
    tiers: flatTiers(inputs.mmr),
    mark: inputs.entryPrice,
    inverse: true,
    contractSize: inputs.contractUsd,
  };
  const engine = bench([market]);
  engine.setBalance("a", "S", text(inputs.marginBtc));
  put(engine, { size: inputs.side * inputs.contracts, entry: inputs.entryPrice });
  const { position } = read(engine);
  return {
    liquidationPrice: adversePrice(position),
    bankruptcyPrice: Number(position.bankruptcyPrice),
  };
}

/**
 * Bybit's old inverse contract counts the fee to close into the bankruptcy price: a liquidation price where next to nothing (1e-9)
 * but that fee is required.
 */
function feeToCloseOnly(inputs: Vector["inputs"], balance: number): number | null {
  const market = {
    tiers: flatTiers(1e-9),
    mark: inputs.entryPrice,
    inverse: true,
    taker: inputs.takerFee,
  };
  const engine = bench([market], { profile: CLOSE_FEE, ...FINE_COIN });
  engine.setBalance("a", "S", text(balance));
  put(engine, { size: inputs.contracts, entry: inputs.entryPrice });
  return adversePrice(read(engine).position);
}

function bybitOldInverse(inputs: Vector["inputs"]): Answers {
  // The page charges the fee on the maintenance margin too.
  const required = (inputs.contracts / inputs.entryPrice) * inputs.mmr * (1 + inputs.takerFee);
  return {
    bankruptcyPrice: feeToCloseOnly(inputs, inputs.balanceBtc),
    liquidationPrice: feeToCloseOnly(inputs, inputs.balanceBtc - required),
  };
}

function noPrice(vector: Vector): Answers {
  const { inputs } = vector;
  const inverse = vector.venue === "binance-coinm";
  const size = inputs.signedSize ?? inputs.side * inputs.contracts;
  const entry = inputs.entryPrice ?? inputs.markPrice;
  const market = {
    tiers: flatTiers(inputs.mmr ?? inputs.riskFactor),
    mark: entry,
    inverse,
    contractSize: inputs.contractMultiplierUsd ?? 1,
  };
  const engine = bench([market]);
  const margin = inputs.walletBalance ?? inputs.isolatedWalletBtc ?? inputs.collateral;
  if (inputs.marginMode === "cross") {
    engine.setBalance("a", "S", text(margin));
    put(engine, { size, entry });
  } else put(engine, { size, entry, margin });
  return { liquidationPrice: adversePrice(read(engine).position) };
}

function vegaAtMaintenance({ inputs }: Vector): Answers {
  const tiers = flatTiers(inputs.riskFactor + inputs.slippageFactor);
  const engine = bench([{ tiers, mark: inputs.markPrice }]);
  put(engine, { size: inputs.signedSize, entry: inputs.markPrice, margin: inputs.collateral });
  return { liquidationPrice: adversePrice(read(engine).position) };
}

/** dYdX quantums as contracts of 0 decimals, 6 decimals of quote; the mark only says on which side to search. */
function dydxBankruptcy({ inputs }: Vector): Answers {
  const [held] = inputs.positions;
  const solvent = held.baseQuantums > 0 ? 1_000_000 : 1;
  const mark = (solvent * held.quoteQuantumsPerBaseQuantum) / (held.baseQuantums > 0 ? 1_000 : 100);
  const market = {
    tiers: flatTiers(held.mmf),
    mark: mark / 1e6,
    amountDecimals: 0,
    priceDecimals: 12,
  };
  const engine = bench([market], { settleDecimals: 6 });
  engine.setBalance("a", "S", text(inputs.quoteBalanceUsd, 6));
  engine.setPosition("a", {
    symbol: SYMBOL,
    side: held.baseQuantums > 0 ? "long" : "short",
    contracts: `${Math.abs(held.baseQuantums)}`,
    entryPrice: "1",
    entryNotional: "0",
    marginMode: "cross",
  });
  const price = Number(read(engine).position.bankruptcyPrice) * 1e6;
  return { deltaQuoteQuantums: Math.ceil(Number((-price * inputs.deltaBaseQuantums).toFixed(6))) };
}

function bankruptcy(vector: Vector): Answers {
  const { inputs } = vector;
  if (vector.venue === "dydx") return dydxBankruptcy(vector);
  if (inputs.balanceBtc !== undefined) {
    return { bankruptcyPrice: feeToCloseOnly(inputs, inputs.balanceBtc) };
  }
  const inverse = inputs.contractsUsd !== undefined;
  const size = inputs.side * (inputs.contractsUsd ?? 1);
  const value = inverse ? inputs.contractsUsd / inputs.entryPrice : inputs.entryPrice;
  const engine = bench([{ tiers: flatTiers(0.005), mark: inputs.entryPrice, inverse }]);
  const margin = value / inputs.leverage;
  put(engine, { size, entry: inputs.entryPrice, margin, leverage: inputs.leverage });
  const { position } = read(engine);
  return {
    initialMarginXbt: Number(position.initialMargin),
    bankruptcyPrice: Number(position.bankruptcyPrice),
  };
}

/** Equity and maintenance margin as stated: half of a notional of twice the margin, entry at the mark. */
function boundary(vector: Vector): Answers {
  const { inputs, venue } = vector;
  if (inputs.positions !== undefined) {
    const [held] = inputs.positions;
    const engine = bench([{ tiers: flatTiers(held.mmf), mark: held.oraclePrice }]);
    engine.setBalance("a", "S", text(inputs.quoteBalance));
    put(engine, { size: held.signedSize, entry: held.oraclePrice, notional: 0 });
    return { liquidatable: read(engine).scope.liquidatable };
  }
  const engine = bench([{ tiers: flatTiers(0.5), mark: 1 }], { profile: venue as Profile });
  engine.setBalance("a", "S", text(inputs.equity ?? inputs.netCollateral));
  if (inputs.maintMargin > 0) put(engine, { size: 2 * inputs.maintMargin, entry: 1 });
  const [scope] = engine.account("a").scopes();
  const scanned = engine.scan().count === 1;
  if (scanned !== scope?.liquidatable) throw new Error("scan and scope disagree");
  return { liquidate: scanned, liquidatable: scanned };
}

function initialMargin(vector: Vector): Answers {
  const { inputs, venue } = vector;
  const inverse = vector.category.endsWith("inverse");
  const mark = inputs.entryPrice ?? inputs.markPrice ?? inputs.price;
  const engine = bench([{ tiers: flatTiers(inputs.mmr ?? 0.005), mark, inverse }]);
  const size = inputs.size ?? inputs.signedSize ?? inputs.quantity ?? inputs.contracts;
  put(engine, {
    size,
    entry: mark,
    leverage: inputs.imr === undefined ? inputs.leverage : 1 / inputs.imr,
  });
  const { position } = read(engine);
  const initial = Number(position.initialMargin);
  return {
    initialMargin: initial,
    initialMarginBtc: initial,
    maintMarginBtc: Number(position.maintenanceMargin),
    positionValue: Number(position.notional),
    // What must stay on transfer: the greater of initial margin and a tenth of the notional.
    ...(venue === "hyperliquid"
      ? { transferMarginRequirement: Math.max(initial, Number(position.notional) / 10) }
      : {}),
  };
}

function amounts(vector: Vector): Answers {
  const { inputs, id } = vector;
  if (vector.venue === "hyperliquid") {
    return { deductions: hyperliquidTable(inputs.tiers).deductions };
  }
  if (inputs.limits !== undefined) {
    const rows = inputs.mmr.map((mmr: number, index: number) => ({
      mmr,
      floor: index === 0 ? 0 : inputs.limits[index - 1],
    }));
    return { deductions: amountsOf(tiersOf(rows)) };
  }
  if (id === "binance-coinm-cum-l5") {
    const below = (2 * inputs.prevMaintAmountBtc) / inputs.prevMmr;
    const rows = [
      { floor: 0, mmr: inputs.prevMmr / 2 },
      { floor: below, mmr: inputs.prevMmr },
      { floor: inputs.floorBtc, mmr: inputs.mmr },
    ];
    return { maintAmountBtc: amountsOf(tiersOf(rows)).at(-1) };
  }
  return { maintAmounts: amountsOf(tiersOf(inputs.tiers)) };
}

function maintenance(vector: Vector): Answers {
  const { inputs, venue } = vector;
  if (venue === "dydx") return dydxRequirement(vector);
  if (venue === "hyperliquid") {
    return { maintMargin: hyperliquidTable(inputs.tiers).marginAt(inputs.notional) };
  }
  return atNotional(inputs.tiers, inputs.notional);
}

function lookUp({ inputs }: Vector): Answers {
  if (inputs.contracts !== undefined) return atContracts(inputs.tiers, inputs.contracts);
  return atNotional(inputs.tiers, inputs.notional);
}

function wholePosition({ inputs }: Vector): Answers {
  const { tiers, contractsA, contractsB, markPrice, contractValue } = inputs;
  const margin = (contracts: number): unknown =>
    atContracts(tiers, contracts, markPrice, contractValue).maintMargin;
  return { maintMarginA: margin(contractsA), maintMarginB: margin(contractsB) };
}

function continuity({ inputs }: Vector): Answers {
  const at = (notional: number): unknown => atNotional(inputs.tiers, notional).maintMargin;
  return { maintMargin: inputs.boundaries.map(at) };
}

function dydxRisk({ inputs }: Vector): Answers {
  const [held] = inputs.positions;
  const engine = bench([{ tiers: flatTiers(held.mmf), mark: held.oraclePrice }]);
  engine.setBalance("a", "S", text(inputs.quoteBalance));
  put(engine, {
    size: held.signedSize,
    entry: held.oraclePrice,
    notional: 0,
    leverage: 1 / held.imf,
  });
  const { scope } = read(engine);
  return {
    netCollateral: Number(scope.equity),
    initialMargin: Number(scope.initialMargin),
    maintMargin: Number(scope.maintenanceMargin),
  };
}

/** Isolated margin leaves the wallet when it is assigned; its profit and loss stay out of the cross scope. */
function noDoubleCount({ inputs }: Vector): Answers {
  const [isolated] = inputs.isolated;
  const [cross] = inputs.cross;
  const tiers = flatTiers(0.005);
  const engine = bench([
    { tiers, mark: 10_000 },
    { symbol: "Y", tiers, mark: 10_000 },
  ]);
  engine.setBalance("a", "S", text(inputs.totalWallet - isolated.margin));
  put(engine, { size: 1, entry: 10_000 - isolated.upnl, margin: isolated.margin });
  put(engine, { symbol: "Y", size: 1, entry: 10_000 - cross.upnl });
  return {
    crossEquity: Number(read(engine, "Y").scope.equity),
    isolatedEquity: [Number(read(engine).scope.equity)],
  };
}

function inverseProfit({ inputs }: Vector): Answers {
  const { sizeCoin, entryPrice, exitPrice } = inputs;
  const at = (sign: number): number => {
    const engine = bench([{ tiers: flatTiers(0.005), mark: exitPrice, inverse: true }]);
    put(engine, { size: sign * sizeCoin * entryPrice, entry: entryPrice, margin: sizeCoin });
    return Number(read(engine).position.unrealizedPnl) / sizeCoin;
  };
  return { longReturn: at(1), shortReturn: at(-1) };
}

/** By category. */
export const RUNNERS: ReadonlyMap<string, Runner> = new Map<string, Runner>([
  ["maintenanceMargin", maintenance],
  ["tier.lookup", lookUp],
  ["tier.maintAmount", amounts],
  ["tier.continuity", continuity],
  ["tier.wholePosition", wholePosition],
  ["account.risk", dydxRisk],
  [
    "account.cross",
    (vector) =>
      vector.inputs.solBorrow === undefined ? noDoubleCount(vector) : borrowedCoin(vector),
  ],
  ["initialMargin.linear", initialMargin],
  ["initialMargin.inverse", initialMargin],
  ["liqPrice.isolated.linear", isolatedLinear],
  ["liqPrice.bracketScan", isolatedLinear],
  ["liqPrice.isolated.inverse", isolatedInverse],
  ["liqPrice.cross.linear", crossLinear],
  ["liqPrice.cross.hedge", crossHedge],
  ["liqPrice.cross.inverse", crossInverse],
  ["liqPrice.none", noPrice],
  ["liqPrice.property", vegaAtMaintenance],
  ["bankruptcyPrice", bankruptcy],
  ["trigger.boundary", boundary],
  ["pnl.inverse", inverseProfit],
]);
