// Which command is whose: the one switch between a command's type and the function that carries it out.

import type { Command, EngineEvent } from "../types.ts";
import { setIndexPrices, setMultiAsset } from "./commands/collateral.ts";
import { addAsset, addMarket, setMarks } from "./commands/definitions.ts";
import { fill } from "./commands/fills.ts";
import { settleFunding } from "./commands/funding.ts";
import { setLeverage } from "./commands/leverage.ts";
import { deleverage, liquidate, setInsuranceFund } from "./commands/liquidate.ts";
import { addMargin, reduceMargin, setAutoTopUp, topUpMargins } from "./commands/margin.ts";
import { setMarginCalls } from "./commands/margin-calls.ts";
import { setMarginMode } from "./commands/margin-mode.ts";
import { cancelOrder, placeOrder } from "./commands/orders.ts";
import { setPosition } from "./commands/positions.ts";
import { cancelStop, placeStop } from "./commands/stops.ts";
import { tick } from "./commands/tick.ts";
import { setTiers } from "./commands/tiers.ts";
import { closeAccount, deposit, openAccount, setBalance, withdraw } from "./commands/wallets.ts";
import { refuse } from "./read.ts";
import { withStops } from "./reconcile-stops.ts";
import type { EngineState } from "./state.ts";

/** Carries out a command, and stops follow it; a refusal is a RiskError and changes nothing. */
export function dispatch(state: EngineState, command: Command): EngineEvent[] {
  return withStops(state, command, carryOut);
}

function carryOut(state: EngineState, command: Command): EngineEvent[] {
  const path = command.type;
  switch (command.type) {
    case "addAsset":
      return addAsset(state, command.asset, `${path}.asset`);
    case "addMarket":
      return addMarket(state, command.market, `${path}.market`);
    case "setMarks":
      return setMarks(state, command.marks, `${path}.marks`);
    case "openAccount":
      return openAccount(state, command, path);
    case "closeAccount":
      return closeAccount(state, command, path);
    case "deposit":
      return deposit(state, command, path);
    case "withdraw":
      return withdraw(state, command, path);
    case "setBalance":
      return setBalance(state, command, path);
    case "setPosition":
      return setPosition(state, command, path);
    case "fill":
      return fill(state, command, path);
    case "setIndexPrices":
      return setIndexPrices(state, command, path);
    case "setMultiAsset":
      return setMultiAsset(state, command, path);
    case "addMargin":
      return addMargin(state, command, path);
    case "reduceMargin":
      return reduceMargin(state, command, path);
    case "setAutoTopUp":
      return setAutoTopUp(state, command, path);
    case "topUpMargins":
      return topUpMargins(state, command, path);
    case "setLeverage":
      return setLeverage(state, command, path);
    case "setMarginMode":
      return setMarginMode(state, command, path);
    case "settleFunding":
      return settleFunding(state, command, path);
    case "placeOrder":
      return placeOrder(state, command, path);
    case "cancelOrder":
      return cancelOrder(state, command, path);
    case "placeStop":
      return placeStop(state, command, path);
    case "cancelStop":
      return cancelStop(state, command, path);
    case "setMarginCalls":
      return setMarginCalls(state, command, path);
    case "tick":
      return tick(state, command, path);
    case "liquidate":
      return liquidate(state, command, path);
    case "deleverage":
      return deleverage(state, command, path);
    case "setInsuranceFund":
      return setInsuranceFund(state, command, path);
    case "setTiers":
      return setTiers(state, command, path);
    default:
      return refuse("UNKNOWN_COMMAND", "unknown type of command", "command.type", path);
  }
}
