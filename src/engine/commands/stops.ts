// placeStop and cancelStop, a stop as a loader puts it, and a stop as a book has it. A new stop is judged once: can it fire at all, would
// its scope be liquidated before, is it passed already. What then becomes of it is reconcile-stops.ts's and the tick's.
import { formatDecimal } from "../../decimal.ts";
import type {
  CancelStopCommand,
  EngineEvent,
  PlaceStopCommand,
  StopDefinition,
} from "../../types.ts";
import { refuse } from "../read.ts";
import type { EngineMarket, EngineState } from "../state.ts";
import { addStop, cancelStopFor } from "../stop-changes.ts";
import { isPassed, SHARE_DENOMINATOR, trailingPrice } from "../stop-prices.ts";
import {
  amountText,
  clampBefore,
  clampedFloor,
  clampedPrices,
  comparedTick,
  findStop,
  floorText,
  marketOfStop,
  triggerText,
} from "../stop-rules.ts";
import type { StopTerms } from "../stop-terms.ts";
import { isEquityKind, NO_STOP } from "../stops.ts";
import { transact } from "../transaction.ts";
import { type ReadStop, readStop } from "./read-stop.ts";

const SHARE_DECIMALS = Math.log10(SHARE_DENOMINATOR);
const SLIPPAGE_DECIMALS = 8;

/** Refuses a stop that is passed already, where the profile does. */
function checkWaits(state: EngineState, passed: boolean, path: string, asked: unknown): void {
  if (!passed || state.rules.stopImmediate === "fire") return;
  refuse("WOULD_TRIGGER", "is passed already: the stop would fire at once", path, asked);
}

function refuseBeyond(path: string, asked: unknown, nearest: string | undefined): never {
  const message = "the position would be liquidated before this stop fires";
  const hint = nearest === undefined ? "no trigger is early enough" : `at the latest ${nearest}`;
  return refuse("BEYOND_LIQUIDATION", message, path, asked, hint);
}

/** A stop that fires at one price: mark, marginLoss, entryDeviation. */
function judgePrice(
  state: EngineState,
  { terms, pool }: ReadStop,
  market: EngineMarket,
  path: string,
  given: unknown,
): StopTerms {
  const { asked, up, takeProfit, trigger } = terms;
  if (trigger === 0) refuse("STOP_NEVER_FIRES", "no price of the market fires it", path, given);
  const tick = comparedTick(state, market);
  const clamp = takeProfit
    ? undefined
    : clampBefore(state, pool, market, { nominal: asked, up, tick });
  if (clamp === 0) refuseBeyond(path, given, undefined);
  if (clamp !== undefined && state.rules.stopBeyondLiquidation === "refuse") {
    refuseBeyond(path, given, formatDecimal(clamp, market.priceDecimals));
  }
  const prices = clampedPrices(state, pool, market, { asked, up, takeProfit });
  const mark = state.kernel.mark(market.slot);
  checkWaits(state, isPassed(prices.trigger, up, mark), path, given);
  return { ...terms, ...prices };
}

function judgeTrailing(
  state: EngineState,
  { terms }: ReadStop,
  market: EngineMarket,
  path: string,
  given: unknown,
): StopTerms {
  const { best, distance, byRate, up, side } = terms;
  if (best === 0) return terms;
  const trail = { distance, byRate, maxPrice: market.maxPrice };
  const price = trailingPrice(trail, best, side === "short");
  checkWaits(state, isPassed(price, up, state.kernel.mark(market.slot)), path, given);
  return terms;
}

function judgeEquity(
  state: EngineState,
  { terms, pool }: ReadStop,
  path: string,
  given: unknown,
): StopTerms {
  const clamp = clampedFloor(state, pool, terms.floor);
  if (clamp !== undefined && state.rules.stopBeyondLiquidation === "refuse") {
    refuseBeyond(path, given, formatDecimal(clamp, state.assetAt(terms.asset).decimals));
  }
  const floor = clamp ?? terms.floor;
  checkWaits(state, state.kernel.poolFigures(pool).equity <= floor, path, given);
  return { ...terms, floor, clamped: clamp !== undefined };
}

/** The field that says where a stop fires. */
const DECIDING = {
  mark: "triggerPrice",
  trailing: "best",
  marginLoss: "share",
  entryDeviation: "deviation",
  equity: "equityFloor",
  drawdown: "drawdown",
} as const;

function judge(
  state: EngineState,
  read: ReadStop,
  definition: StopDefinition,
  prefix: string,
): StopTerms {
  const { kind } = read.terms;
  const field = DECIDING[kind];
  const place = `${prefix}${field}`;
  const given = definition[field];
  if (read.market === undefined || isEquityKind(kind))
    return judgeEquity(state, read, place, given);
  if (kind === "trailing") return judgeTrailing(state, read, read.market, place, given);
  return judgePrice(state, read, read.market, place, given);
}

export function placeStop(
  state: EngineState,
  command: PlaceStopCommand,
  path: string,
): EngineEvent[] {
  const account = state.account(command.account, `${path}.account`);
  const source = { account, prefix: `${path}.stop.`, fromBook: false, id: undefined };
  const read = readStop(state, command.stop, source);
  const terms = judge(state, read, command.stop, source.prefix);
  return transact(state, (transaction) => {
    const stop = addStop(state, transaction, account, terms);
    return [
      {
        type: "stopPlaced",
        account: command.account,
        stop: terms.id,
        triggerPrice: triggerText(state, stop),
        equityFloor: floorText(state, stop),
        clamped: terms.clamped,
      },
    ];
  });
}

export function cancelStop(
  state: EngineState,
  command: CancelStopCommand,
  path: string,
): EngineEvent[] {
  const account = state.account(command.account, `${path}.account`);
  const stop = findStop(state, account, command.stop, `${path}.stop`);
  return transact(state, (transaction) => [cancelStopFor(state, transaction, stop, "command")]);
}

/** For loaders: a stop as it stands, whether or not it is passed or would come too late. Without an id it gets its number in the list. */
export function importStop(state: EngineState, account: number, definition: StopDefinition): void {
  const { stops } = state;
  const numbered = definition.id === undefined;
  const id = numbered ? String(stops.rows(account).length + 1) : undefined;
  const { terms } = readStop(state, definition, { account, prefix: "", fromBook: true, id });
  const stop = stops.add(account, terms);
  if (terms.partner !== NO_STOP) stops.setPartner(terms.partner, stop);
}

/** Where a stop fires, as a book states it. */
function firingDefinition(state: EngineState, stop: number): Partial<StopDefinition> {
  const { stops } = state;
  const kind = stops.kindOf(stop);
  const market = marketOfStop(state, stop);
  const { decimals } = state.assetAt(stops.assetIndex(stop));
  const price = (units: number): string => formatDecimal(units, market?.priceDecimals ?? 0);
  const share = formatDecimal(stops.sharePpm(stop), SHARE_DECIMALS);
  const inForce = formatDecimal(stops.floor(stop), decimals);
  const reference = formatDecimal(stops.reference(stop), decimals);
  const clamped = stops.clamped(stop);
  const clampedAt = clamped ? { triggerPrice: price(stops.nominal(stop)) } : {};
  switch (kind) {
    case "mark":
      return {
        ...(stops.takeProfit(stop) ? { purpose: "takeProfit" } : {}),
        triggerPrice: price(stops.nominal(stop)),
        ...(clamped ? { askedPrice: price(stops.asked(stop)) } : {}),
      };
    case "trailing": {
      const distance = stops.distance(stop);
      const best = stops.best(stop);
      const activation = stops.activation(stop);
      return {
        ...(stops.byRate(stop)
          ? { rate: formatDecimal(distance, SHARE_DECIMALS) }
          : { distance: price(distance) }),
        ...(activation === 0 ? {} : { activationPrice: price(activation) }),
        ...(best === 0 ? {} : { best: price(best) }),
      };
    }
    case "marginLoss":
      return { share, ...clampedAt };
    case "entryDeviation":
      return { deviation: share, ...clampedAt };
    case "equity":
      return { equityFloor: inForce, ...(clamped ? { askedFloor: reference } : {}) };
    case "drawdown":
      return {
        drawdown: share,
        referenceEquity: reference,
        ...(clamped ? { equityFloor: inForce } : {}),
      };
  }
}

/** A stop as a book has it. Of a pair the later one names the other. */
export function stopDefinition(state: EngineState, stop: number): StopDefinition {
  const { stops } = state;
  const market = marketOfStop(state, stop);
  const kind = stops.kindOf(stop);
  const amount = amountText(state, stop);
  const slippage = stops.slippageE8(stop);
  const partner = stops.partner(stop);
  const named = partner !== NO_STOP && stops.placed(partner) < stops.placed(stop);
  return {
    id: stops.id(stop),
    kind,
    ...(market === undefined
      ? { settle: state.assetAt(stops.assetIndex(stop)).code }
      : { symbol: market.symbol, side: stops.side(stop) }),
    ...(amount === null ? {} : { amount }),
    ...firingDefinition(state, stop),
    ...(named ? { oco: stops.id(partner) } : {}),
    ...(slippage === 0 ? {} : { slippage: formatDecimal(slippage, SLIPPAGE_DECIMALS) }),
  };
}
