// settleFunding: one funding period of some markets, over the whole book, in one pass of the kernel. The command reads rates
// and prices and refuses what it must before the kernel moves anything; the kernel then settles all or nothing. Who pays, from
// where and how a fraction of a unit falls is the profile's (docs/semantics.md).
import { formatDecimal, parseDecimal } from "../../decimal.ts";
import type { EngineEvent, FundingRate, SettleFundingCommand } from "../../types.ts";
import { refuse, refuseUnknownFields, requireObject } from "../read.ts";
import { reconcileMargins } from "../reconcile-stops.ts";
import type { EngineMarket, EngineState } from "../state.ts";
import { readPrice } from "./definitions.ts";

/** Rates are read in units of 1e-12 of notional. */
const RATE_DECIMALS = 12;
const MAX_RATE = 10n ** BigInt(RATE_DECIMALS);

interface MarketFunding {
  readonly market: EngineMarket;
  readonly ratePico: bigint;
  /** Price units. */
  readonly price: number;
}

export function readTime(time: unknown, path: string): number {
  if (typeof time === "number" && Number.isSafeInteger(time) && time >= 0) return time;
  return refuse("BAD_VALUE", "must be a whole number of ms since 1970", path, time);
}

/** The rate and the price it is reckoned at: the mark, or the stated oracle price. */
function readRate(
  state: EngineState,
  market: EngineMarket,
  given: FundingRate,
  path: string,
): MarketFunding {
  const limits = { min: -MAX_RATE, max: MAX_RATE };
  const stated = typeof given === "object" && given !== null;
  if (state.rules.fundingPrice === "mark") {
    if (stated) {
      refuse(
        "BAD_VALUE",
        "is reckoned at the mark in this profile: state the rate alone",
        path,
        given,
      );
    }
    const ratePico = parseDecimal(given, RATE_DECIMALS, path, limits);
    return { market, ratePico, price: state.kernel.mark(market.slot) };
  }
  if (!stated) {
    refuse("BAD_VALUE", "needs its oracle price in this profile: { rate, price }", path, given);
  }
  refuseUnknownFields(given, ["rate", "price"], path);
  const ratePico = parseDecimal(given.rate, RATE_DECIMALS, `${path}.rate`, limits);
  return { market, ratePico, price: readPrice(market, given.price, `${path}.price`) };
}

export function settleFunding(
  state: EngineState,
  command: SettleFundingCommand,
  path: string,
): EngineEvent[] {
  return settleRates(state, command.time, command.rates, `${path}.time`, `${path}.rates`);
}

/** The command's work, for whoever names time and rates elsewhere. */
export function settleRates(
  state: EngineState,
  given: unknown,
  rates: Readonly<Record<string, FundingRate>>,
  timePath: string,
  ratesPath: string,
): EngineEvent[] {
  const time = readTime(given, timePath);
  requireObject(rates, ratesPath);
  const fundings = Object.entries(rates).map(([symbol, rate]) => {
    const place = `${ratesPath}[${JSON.stringify(symbol)}]`;
    const market = state.markedMarket(symbol, place);
    const last = state.fundingTimes.get(market.index);
    if (last !== undefined && time <= last) {
      const hint = `its last funding was at ${last}`;
      refuse("STALE_FUNDING", "must be after the market's last funding", timePath, time, hint);
    }
    return readRate(state, market, rate, place);
  });
  fundings.sort((a, b) => a.market.index - b.market.index);
  const { isolatedFundingSource: source, fundingRounding: rounding } = state.rules;
  const settled = fundings.map(({ market, ratePico, price }) => ({
    slot: market.slot,
    ratePico,
    price,
  }));
  const totals = state.kernel.settleFunding(settled, { source, rounding });
  const events = fundings.map(({ market, ratePico, price }, index): EngineEvent => {
    const { paid, received, waived } = totals[index] ?? { paid: 0n, received: 0n, waived: 0n };
    state.fundingTimes.set(market.index, time);
    state.ledger.add(market.settle, "funding", received - paid);
    const amount = (units: bigint): string => formatDecimal(units, market.settleDecimals);
    return {
      type: "fundingSettled",
      symbol: market.symbol,
      time,
      rate: formatDecimal(ratePico, RATE_DECIMALS),
      price: formatDecimal(price, market.priceDecimals),
      paid: amount(paid),
      received: amount(received),
      waived: amount(waived),
    };
  });
  return [...events, ...reconcileMargins(state)];
}
