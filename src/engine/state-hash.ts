// A 64-bit fingerprint of the logical state: two engines that hold the same definitions, marks, accounts, balances
// and positions have the same hash, whatever order pools and legs took in the kernel. Two 32-bit FNV-1a
// streams with different primes, fed word by word; not meant against an adversary.

import { tagMode } from "./accounts.ts";
import type { Coin } from "./collaterals.ts";
import { stopDefinition } from "./commands/stops.ts";
import { rulesText } from "./liquidation/policies.ts";
import { orderedLegs, orderedPools } from "./order.ts";
import type { EngineMarket, EngineState } from "./state.ts";
import { NO_STOP } from "./stops.ts";

const OFFSET_A = 0x811c9dc5;
const OFFSET_B = 0x9747b28c;
const PRIME_A = 0x01000193;
const PRIME_B = 0x85ebca6b;
const WORD = 2 ** 32;
/** Caps are 0 or more. */
const NO_CAP = -1;
const NO_CAPS = -1n;
/** Times are 0 or more. */
const NEVER = -1;

class Fingerprint {
  #a = OFFSET_A;
  #b = OFFSET_B;

  word(value: number): void {
    let word = value | 0;
    for (let byte = 0; byte < 4; byte++) {
      this.#a = Math.imul(this.#a ^ (word & 255), PRIME_A);
      word >>>= 8;
    }
    const mixed = Math.imul(this.#b ^ value, PRIME_B);
    this.#b = mixed ^ (mixed >>> 15);
  }

  /** A safe integer. */
  number(value: number): void {
    this.word(value % WORD);
    this.word(Math.floor(value / WORD));
  }

  amount(value: bigint): void {
    this.word(Number(BigInt.asIntN(32, value)));
    this.word(Number(BigInt.asIntN(32, value >> 32n)));
  }

  text(value: string): void {
    this.word(value.length);
    for (let index = 0; index < value.length; index++) this.word(value.charCodeAt(index));
  }

  hex(): string {
    const part = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
    return part(this.#a) + part(this.#b);
  }
}

function hashMarket(state: EngineState, market: EngineMarket, into: Fingerprint): void {
  const { terms, tables } = market;
  into.text(market.symbol);
  into.word(market.settle);
  into.word(market.amountDecimals);
  into.word(market.priceDecimals);
  into.word(terms.inverse ? 1 : 0);
  into.text(`${terms.numerator}/${terms.divisor}`);
  into.word(market.maxLeverageMilli.cross);
  into.word(market.maxLeverageMilli.isolated);
  into.word(market.takerRateE8);
  into.word(market.makerRateE8);
  into.amount(market.openInterestCaps?.lower ?? NO_CAPS);
  into.amount(market.openInterestCaps?.upper ?? NO_CAPS);
  for (const { fromUnits, toUnits, table, maxLeverageMilli, caps } of tables) {
    into.number(fromUnits);
    into.number(toUnits ?? NO_CAP);
    into.text(table.style);
    into.word(table.rateDenominator);
    into.word(table.closeFeeRate);
    into.word(table.profitHaircutRate ?? 0);
    table.brackets.forEach((bracket, index) => {
      into.amount(bracket.floor);
      into.word(bracket.rate);
      into.word(bracket.initialRate);
      into.word(maxLeverageMilli[index] ?? 0);
      into.amount(caps[index] ?? BigInt(NO_CAP));
    });
  }
  into.number(state.kernel.mark(market.slot));
  into.number(state.fundingTimes.get(market.index) ?? NEVER);
}

/** A coin's terms and price; its legs are not hashed, the balances they follow are. */
function hashCoin(state: EngineState, coin: Coin, into: Fingerprint): void {
  into.word(coin.settle);
  into.word(coin.priceDecimals);
  for (const { upTo, haircut } of coin.tiers) {
    into.amount(upTo ?? BigInt(NO_CAP));
    into.text(`${haircut.rate}/${haircut.denominator}`);
  }
  into.text(`${coin.surcharge.rate}/${coin.surcharge.denominator}`);
  into.number(state.kernel.mark(coin.slot));
}

function hashAccount(state: EngineState, account: number, into: Fingerprint): void {
  const { kernel, accounts } = state;
  into.word((accounts.hedged(account) ? 1 : 0) | (accounts.multiAsset(account) ? 2 : 0));
  for (const pool of orderedPools(state, account)) {
    const tag = kernel.tag(pool);
    const collateral = kernel.collateral(pool);
    const legs = orderedLegs(state, pool);
    // An empty wallet and no wallet are the same.
    if (tagMode(tag) === "cross" && collateral === 0n && legs.length === 0) continue;
    into.word(tag);
    into.amount(collateral);
    if (state.settings.autoTopUp(account, tag)) into.text("autoTopUp");
    for (const leg of legs) {
      into.word(state.marketOfLeg(leg).index);
      into.number(kernel.quantity(leg));
      into.amount(kernel.cost(leg));
      into.word(kernel.leverageMilli(leg));
    }
  }
}

function hashSettings(state: EngineState, account: number, into: Fingerprint): void {
  const { settings } = state;
  const markets = settings.markets(account);
  into.text(`${settings.accountMode(account)} ${markets.length}`);
  for (const [market, { mode, longMilli, shortMilli }] of markets) {
    into.word(market);
    into.text(`${mode} ${longMilli} ${shortMilli}`);
  }
}

/** Open orders in the order of placement, which decides between equal prices. */
function hashOrders(state: EngineState, account: number, into: Fingerprint): void {
  for (const row of state.orders.rows(account)) {
    const { id, market, side, amount, price, positionSide, reduceOnly } = state.orders.terms(row);
    into.text(id);
    into.word(market);
    into.number(amount);
    into.number(price);
    into.text(`${side} ${positionSide} ${reduceOnly}`);
  }
}

/** Stops in the order of placement, as books have them: what is held beside that follows from it. */
function hashStops(state: EngineState, account: number, into: Fingerprint): void {
  if (state.stops.first(account) === NO_STOP) return;
  for (const stop of state.stops.rows(account)) {
    for (const [field, value] of Object.entries(stopDefinition(state, stop))) {
      into.text(`${field} ${value}`);
    }
  }
}

/** Sixteen hexadecimal digits. */
export function stateHash(state: EngineState): string {
  const into = new Fingerprint();
  const { liquidation, ...knobs } = state.rules;
  for (const [knob, value] of Object.entries(knobs)) into.text(`${knob} ${value}`);
  into.text(rulesText(liquidation));
  for (const { index, code, decimals } of state.assets) {
    into.text(code);
    into.word(decimals);
    const coin = state.collaterals.of(index);
    if (coin !== undefined) hashCoin(state, coin, into);
  }
  for (const market of state.markets) hashMarket(state, market, into);
  for (const { raisePpm } of state.marginCalls.levels) into.word(raisePpm);
  into.word(state.marginCalls.hysteresisPpm);
  if (state.ticks.time !== undefined) into.text(`tick ${state.ticks.time}`);
  for (const { index } of state.assets) into.amount(state.insurance.balance(index));
  for (const [id, time] of state.insurance.partials()) into.text(`${id} ${time}`);
  for (const [id, account] of state.accounts.entries()) {
    into.text(id);
    hashAccount(state, account, into);
    hashOrders(state, account, into);
    hashStops(state, account, into);
    hashSettings(state, account, into);
  }
  return into.hex();
}
