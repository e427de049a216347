// One funding period over the whole book: what every leg pays or receives, exactly, and who it is taken from (docs/numbers.md,
// "Funding"). A pass over the pools checks that nothing can fail and changes no figure; the pass after it settles. Debits of
// pools that another pool pays for first wait in a chain at that pool and are charged in the order of their tags.

import {
  FROM_POSITION,
  FROM_WALLET_CAPPED,
  FUNDING_BYTES,
  FUNDING_OWED,
  FUNDING_PAID,
  FUNDING_PRICE,
  FUNDING_RATE,
  FUNDING_RECEIVED,
  FUNDING_WAIVED,
  FUNDINGS,
  HEADER_FAULT_POOL,
  HEADER_TOP_POOL,
  LEG_NEXT,
  LEG_PRICE,
  LEG_QUANTITY,
  MARKS,
  NONE,
  OWED_SLOTS,
  OWED_SLOTS_BYTES,
  OWNER_BACKING,
  OWNER_TAG,
  POOL_CHAINED,
  POOL_COLLATERAL,
  POOL_FIRST_LEG,
  POOL_FLAGS,
  POOL_LINK,
  POOL_LIVE,
  POOL_SHORT,
  RESULT,
  RESULT_CLEARANCE,
  RESULT_EQUITY,
  RESULT_INITIAL,
  RESULT_MAINTENANCE,
  STATUS_NO_RECORD,
  STATUS_OK,
  STATUS_RANGE,
} from "../src/layout.ts";
import { legRecord, markDirty, ownerRecord, poolLives, poolRecord } from "./book.ts";
import {
  clearanceFloor,
  FULL_INITIAL,
  legDivisor,
  legNotional,
  legRest,
  locateNotional,
  NO_INITIAL,
  poolRequirements,
  sumPool,
} from "./valuation.ts";
import {
  divideWide,
  divideWideNarrow,
  mulWide,
  sumAddUnsigned,
  sumAtLeast,
  sumClamped,
  sumPositive,
  sumSubtractSum,
  sumSubtractUnsigned,
  wideHigh,
  wideRemainder,
} from "./wide.ts";

const RATE_UNITS: u64 = 1_000_000_000_000;
/** RATE_UNITS = 2^12 · 5^12: a shift and a divisor below 2^32. */
const RATE_TWOS: u64 = 12;
const RATE_FIVES: u64 = 244_140_625;

/** True where the last share was not a whole number. */
let shareHasRest: bool = false;
/** What the legs of the pool last weighed receive and owe together. */
let poolCredit: u64 = 0;
let poolDebit: u64 = 0;
/** Rounds in favour of the account, both ways: credits and debits down. */
let roundsTowardZero: bool = false;

/** The pool that pays first: its collateral, equity − initial margin, clearance, whether it has a requirement. */
let walletCollateral: i64 = 0;
let walletFree: i64 = 0;
let walletClearance: i64 = 0;
let walletCanFail: bool = false;

function fundingRecord(slot: u32): usize {
  return <usize>slot * FUNDING_BYTES + FUNDINGS;
}

/** Settles the period, or returns why not with the pool in HEADER_FAULT_POOL and nothing changed. */
export function settleFunding(source: i32, towardZero: bool): i32 {
  roundsTowardZero = towardZero;
  memory.fill(OWED_SLOTS, 0, OWED_SLOTS_BYTES);
  const top = load<u32>(HEADER_TOP_POOL);
  for (let pool: u32 = 0; pool < top; pool++) {
    const record = poolRecord(pool);
    if ((load<u8>(record, POOL_FLAGS) & POOL_LIVE) === 0) continue;
    const status = checkPool(pool, record, source);
    if (status !== STATUS_OK) {
      store<u32>(HEADER_FAULT_POOL, pool);
      forgetPlans();
      return status;
    }
  }
  for (let pool: u32 = 0; pool < top; pool++) {
    const record = poolRecord(pool);
    const flags = load<u8>(record, POOL_FLAGS);
    if ((flags & POOL_LIVE) === 0) continue;
    if ((flags & POOL_CHAINED) !== 0) {
      // Settled with the pool that pays for it; the mark stays until both have been visited, so that it is not settled again.
      if (load<u32>(ownerRecord(pool), OWNER_BACKING) < pool) clearPlan(record);
      continue;
    }
    settlePool(pool, record);
    if (load<i32>(record, POOL_LINK) !== NONE) settleChain(pool, record);
  }
  return STATUS_OK;
}

// ── one leg, one pool ───────────────────────────────────────────────────────────────────────────────

/**
 * ⌊N·rate / 10^12⌋ of the leg last located, rate <= 10^12. With N = n + r/d: N·rate = n·rate + y, 0 <= y < rate, so y counts only
 * where it can carry n·rate past the next multiple of 10^12.
 */
function share(rate: u64): u64 {
  const low = mulWide(rate, legNotional);
  const high = wideHigh;
  let quotient: u64;
  let left: u64;
  if (high === 0) {
    quotient = low / RATE_UNITS;
    left = low - quotient * RATE_UNITS;
  } else {
    // n·rate < 2^63·10^12, so its upper half over 2^12 is below 5^12 / 2.
    const shifted = (high << (64 - RATE_TWOS)) | (low >> RATE_TWOS);
    quotient = divideWideNarrow(high >> RATE_TWOS, shifted, RATE_FIVES);
    left = (wideRemainder << RATE_TWOS) | (low & ((1 << RATE_TWOS) - 1));
  }
  shareHasRest = left !== 0;
  if (legRest === 0) return quotient;
  shareHasRest = true;
  if (left + rate <= RATE_UNITS) return quotient;
  const restLow = mulWide(rate, legRest);
  left += divideWide(wideHigh, restLow, legDivisor);
  if (left < RATE_UNITS) return quotient;
  shareHasRest = left > RATE_UNITS || wideRemainder !== 0;
  return quotient + 1;
}

/** Whether the leg pays at this rate; who does not pay receives. */
function legPays(leg: usize, rate: i64): bool {
  return load<f64>(leg, LEG_QUANTITY) > 0 === rate > 0;
}

/** What a leg that has been located pays or receives at this rate. */
function legPayment(rate: i64, pays: bool): u64 {
  const floor = share(<u64>abs<i64>(rate));
  return floor + u64(pays && shareHasRest && !roundsTowardZero);
}

/**
 * Sums what the pool receives and owes; `posted` adds it to the slots. False where a notional or a sum does not fit 64 bits: no
 * collateral could take it.
 */
function weighPool(record: usize, posted: bool): bool {
  let credit: u64 = 0;
  let debit: u64 = 0;
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    const funding = fundingRecord(load<u16>(leg, LEG_PRICE));
    const rate = load<i64>(funding, FUNDING_RATE);
    if (rate === 0) continue;
    if (!locateNotional(leg, <u64>load<f64>(funding, FUNDING_PRICE))) return false;
    const pays = legPays(leg, rate);
    const payment = legPayment(rate, pays);
    if (pays) {
      debit += payment;
      if (debit < payment) return false;
      if (posted) sumAddUnsigned(funding + FUNDING_PAID, payment);
    } else {
      credit += payment;
      if (credit < payment) return false;
      if (posted) sumAddUnsigned(funding + FUNDING_RECEIVED, payment);
    }
  }
  poolCredit = credit;
  poolDebit = debit;
  return true;
}

/** What the pool last summed can pay and still not be liquidatable, its credits counted in. */
function spareOf(credit: u64): u64 {
  sumAddUnsigned(RESULT + RESULT_CLEARANCE, credit);
  sumSubtractUnsigned(RESULT + RESULT_CLEARANCE, <u64>clearanceFloor());
  return sumPositive(RESULT + RESULT_CLEARANCE);
}

// ── the pass that checks ────────────────────────────────────────────────────────────────────────────

/** Whether the pool can be settled. Leaves marks for the pass that does: POOL_SHORT, and chains at pools that pay first. */
function checkPool(pool: u32, record: usize, source: i32): i32 {
  if (!weighPool(record, false)) return STATUS_RANGE;
  const credit = poolCredit;
  const debit = poolDebit;
  if ((credit | debit) === 0) return STATUS_OK;
  // Collateral + credits <= 2^63 − 1, and that less the debits >= −2^63. Either difference is from 0 to 2^64 − 1: exact as u64.
  const collateral = load<i64>(record, POOL_COLLATERAL);
  if (credit > <u64>i64.MAX_VALUE - <u64>collateral) return STATUS_RANGE;
  if (debit > <u64>collateral + credit - <u64>i64.MIN_VALUE) return STATUS_RANGE;
  if (debit === 0 || source === FROM_POSITION) return STATUS_OK;
  if (source === FROM_WALLET_CAPPED) {
    const status = poolRequirements(pool);
    if (status !== STATUS_OK) return status;
    if (spareOf(credit) < debit) {
      store<u8>(record, load<u8>(record, POOL_FLAGS) | POOL_SHORT, POOL_FLAGS);
    }
  }
  const backing = load<i32>(ownerRecord(pool), OWNER_BACKING);
  return backing === NONE ? STATUS_OK : chainPool(pool, record, backing);
}

function chainPool(pool: u32, record: usize, backing: u32): i32 {
  if (!poolLives(backing) || load<i32>(ownerRecord(backing), OWNER_BACKING) !== NONE) {
    return STATUS_NO_RECORD;
  }
  const wallet = poolRecord(backing);
  const first = load<i32>(wallet, POOL_LINK);
  if (first === NONE) {
    const status = poolRequirements(backing);
    if (status !== STATUS_OK) return status;
  }
  store<i32>(record, first, POOL_LINK);
  store<u8>(record, load<u8>(record, POOL_FLAGS) | POOL_CHAINED, POOL_FLAGS);
  store<u32>(wallet, pool, POOL_LINK);
  return STATUS_OK;
}

/** Takes back the marks that checkPool has left. */
function forgetPlans(): void {
  const top = load<u32>(HEADER_TOP_POOL);
  for (let pool: u32 = 0; pool < top; pool++) {
    const record = poolRecord(pool);
    if ((load<u8>(record, POOL_FLAGS) & POOL_LIVE) === 0) continue;
    store<i32>(record, NONE, POOL_LINK);
    clearPlan(record);
  }
}

function clearPlan(record: usize): void {
  store<u8>(record, load<u8>(record, POOL_FLAGS) & ~(POOL_CHAINED | POOL_SHORT), POOL_FLAGS);
}

// ── the pass that settles ───────────────────────────────────────────────────────────────────────────

/** A pool that pays for itself: credits, then debits as far as it must and can. */
function settlePool(pool: u32, record: usize): void {
  weighPool(record, true);
  const credit = poolCredit;
  const debit = poolDebit;
  let paid = debit;
  if ((load<u8>(record, POOL_FLAGS) & POOL_SHORT) !== 0) {
    clearPlan(record);
    sumPool(record, 0, MARKS, NO_INITIAL);
    paid = spareOf(credit);
    waive(record, paid);
  }
  changeCollateral(pool, record, credit - paid);
}

/** The change is a difference of two u64, modulo 2^64 like the sum it gives, which fits. */
function changeCollateral(pool: u32, record: usize, change: u64): void {
  if (change === 0) return;
  store<u64>(record, load<u64>(record, POOL_COLLATERAL) + change, POOL_COLLATERAL);
  markDirty(pool);
}

/** Charges the pools chained at a wallet, which has settled its own legs, in the order of their tags. */
function settleChain(pool: u32, record: usize): void {
  let chained = sortByTag(load<i32>(record, POOL_LINK));
  store<i32>(record, NONE, POOL_LINK);
  openWallet(record);
  const before = walletCollateral;
  while (chained !== NONE) {
    const payer = poolRecord(chained);
    const next = load<i32>(payer, POOL_LINK);
    store<i32>(payer, NONE, POOL_LINK);
    chargeChained(chained, payer);
    if (<u32>chained < pool) clearPlan(payer);
    chained = next;
  }
  changeCollateral(pool, record, <u64>(walletCollateral - before));
}

/**
 * Sums are taken as the nearest i64. Above the range that changes no answer: all that can be charged is the collateral, which
 * fits, so what was cut off is never reached. Below it nothing is charged.
 */
function openWallet(record: usize): void {
  sumPool(record, 0, MARKS, FULL_INITIAL);
  walletCollateral = load<i64>(record, POOL_COLLATERAL);
  walletClearance = sumClamped(RESULT + RESULT_CLEARANCE);
  walletCanFail = sumAtLeast(RESULT + RESULT_MAINTENANCE, 1);
  sumSubtractSum(RESULT + RESULT_EQUITY, RESULT + RESULT_INITIAL);
  walletFree = sumClamped(RESULT + RESULT_EQUITY);
}

/** Takes up to `debit` of what is available and returns how much it was. */
function chargeWallet(debit: u64): u64 {
  if (walletCanFail && walletClearance < clearanceFloor()) return 0;
  const available = min<i64>(walletCollateral, walletFree);
  if (available <= 0) return 0;
  const taken = min<u64>(debit, <u64>available);
  walletCollateral -= <i64>taken;
  walletFree -= <i64>taken;
  if (walletCanFail) walletClearance -= <i64>taken;
  return taken;
}

/** A pool whose debit the wallet pays as far as it can. */
function chargeChained(pool: u32, record: usize): void {
  weighPool(record, true);
  const credit = poolCredit;
  const debit = poolDebit;
  const fromWallet = chargeWallet(debit);
  let own = debit - fromWallet;
  if ((load<u8>(record, POOL_FLAGS) & POOL_SHORT) !== 0 && own !== 0) {
    sumPool(record, 0, MARKS, NO_INITIAL);
    const spare = spareOf(credit);
    if (spare < own) {
      own = spare;
      waive(record, fromWallet + own);
    }
  }
  changeCollateral(pool, record, credit - own);
}

/** Of the pool's debits, posted as paid, only `payable` is: in the order of the slots, the rest is waived. */
function waive(record: usize, payable: u64): void {
  let next = load<i32>(record, POOL_FIRST_LEG);
  while (next !== NONE) {
    const leg = legRecord(next);
    next = load<i32>(leg, LEG_NEXT);
    const slot = <u32>load<u16>(leg, LEG_PRICE);
    const funding = fundingRecord(slot);
    const rate = load<i64>(funding, FUNDING_RATE);
    if (rate === 0 || !legPays(leg, rate)) continue;
    locateNotional(leg, <u64>load<f64>(funding, FUNDING_PRICE));
    const owed = load<u64>(funding, FUNDING_OWED) + legPayment(rate, true);
    store<u64>(funding, owed, FUNDING_OWED);
    const word = (<usize>slot >> 6) << 3;
    store<u64>(word, load<u64>(word, OWED_SLOTS) | ((<u64>1) << (slot & 63)), OWED_SLOTS);
  }
  let left = payable;
  for (let word: i32 = 0; word < OWED_SLOTS_BYTES; word += 8) {
    let bits = load<u64>(word, OWED_SLOTS);
    store<u64>(word, 0, OWED_SLOTS);
    for (; bits !== 0; bits &= bits - 1) {
      const funding = fundingRecord((word << 3) + <u32>ctz(bits));
      const owed = load<u64>(funding, FUNDING_OWED);
      const waived = owed - min<u64>(owed, left);
      left -= owed - waived;
      sumSubtractUnsigned(funding + FUNDING_PAID, waived);
      sumAddUnsigned(funding + FUNDING_WAIVED, waived);
      store<u64>(funding, 0, FUNDING_OWED);
    }
  }
}

// ── the order of a chain ────────────────────────────────────────────────────────────────────────────

function linkOf(pool: u32): i32 {
  return load<i32>(poolRecord(pool), POOL_LINK);
}

function tagOf(pool: u32): u32 {
  return load<u32>(ownerRecord(pool), OWNER_TAG);
}

/** Merge sort of a chain by owner tag, ascending: runs of 1, 2, 4 … pools in turn. Returns the first. */
function sortByTag(first: i32): i32 {
  let head = first;
  let run: u32 = 1;
  while (true) {
    let left = head;
    let tail = NONE;
    let merges = 0;
    while (left !== NONE) {
      merges++;
      let right = left;
      let leftSize: u32 = 0;
      for (; leftSize < run && right !== NONE; leftSize++) right = linkOf(right);
      let rightSize = run;
      while (leftSize > 0 || (rightSize > 0 && right !== NONE)) {
        const rightEnds = rightSize === 0 || right === NONE;
        const takesRight = leftSize === 0 || (!rightEnds && tagOf(right) < tagOf(left));
        const taken = takesRight ? right : left;
        if (takesRight) {
          right = linkOf(right);
          rightSize--;
        } else {
          left = linkOf(left);
          leftSize--;
        }
        if (tail === NONE) head = taken;
        else store<i32>(poolRecord(tail), taken, POOL_LINK);
        tail = taken;
      }
      left = right;
    }
    store<i32>(poolRecord(tail), NONE, POOL_LINK);
    if (merges === 1) return head;
    run <<= 1;
  }
}
