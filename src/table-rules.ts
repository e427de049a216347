// What a bracket table must satisfy before the kernel takes it in. The screen's bounds and the searches rest on these rules (rates
// that never fall, amounts continuous), so they are checked here, whoever built the table.
import { requireBoolean, requireInteger } from "./arguments.ts";
import { RiskError } from "./errors.ts";
import {
  type Bracket,
  type BracketTable,
  FEE_DENOMINATOR,
  MAX_AMOUNT,
  MAX_BRACKETS,
  MAX_RATE_DENOMINATOR,
} from "./model.ts";

function requireAfter(table: BracketTable, index: number, before: Bracket): void {
  const bracket = table.brackets[index] as Bracket;
  const path = `table.brackets[${index}]`;
  if (bracket.floor <= before.floor) {
    throw new RiskError("BAD_TIERS", "floors must rise", {
      path: `${path}.floor`,
      value: bracket.floor,
      hint: `expected more than ${before.floor}`,
    });
  }
  if (bracket.rate < before.rate) {
    throw new RiskError("BAD_TIERS", "rates must not fall", {
      path: `${path}.rate`,
      value: bracket.rate,
      hint: `expected at least ${before.rate}`,
    });
  }
  const amount = before.scaledAmount + bracket.floor * BigInt(bracket.rate - before.rate);
  const expected = table.style === "marginal" ? amount : 0n;
  if (bracket.scaledAmount !== expected) {
    throw new RiskError("BAD_TIERS", "the amount does not continue the bracket below", {
      path: `${path}.scaledAmount`,
      value: bracket.scaledAmount,
      hint: `expected ${expected}`,
    });
  }
}

/**
 * Refuses a table the kernel cannot rely on: TypeError or RangeError for a field out of range, RiskError BAD_TIERS for floors
 * that do not start at 0 and rise, falling rates or amounts that are not continuous.
 */
export function requireTable(table: BracketTable): void {
  if (table.style !== "marginal" && table.style !== "whole") {
    throw new TypeError(`table.style must be "marginal" or "whole", got ${table.style}`);
  }
  requireBoolean(table.haircut, "table.haircut");
  requireInteger(table.rateDenominator, 1, MAX_RATE_DENOMINATOR, "table.rateDenominator");
  requireInteger(table.closeFeeRate, 0, FEE_DENOMINATOR, "table.closeFeeRate");
  const profitHaircut = table.profitHaircutRate ?? 0;
  requireInteger(profitHaircut, 0, FEE_DENOMINATOR - 1, "table.profitHaircutRate");
  if (table.haircut && profitHaircut !== 0) {
    throw new RangeError(
      `table.profitHaircutRate must be 0 in a haircut table, got ${profitHaircut}`,
    );
  }
  requireInteger(table.brackets.length, 1, MAX_BRACKETS, "table.brackets.length");
  // Array.from: a hole is an undefined bracket, not one to skip.
  Array.from(table.brackets).forEach((bracket: Bracket | undefined, index) => {
    if (bracket === undefined) throw new TypeError(`table.brackets[${index}] is missing`);
    const path = `table.brackets[${index}]`;
    requireInteger(bracket.rate, 0, table.rateDenominator, `${path}.rate`);
    requireInteger(bracket.initialRate, 0, 2 ** 32 - 1, `${path}.initialRate`);
    if (bracket.floor > MAX_AMOUNT) {
      throw new RangeError(`${path}.floor must be below 2^63, got ${bracket.floor}`);
    }
    const before = table.brackets[index - 1];
    if (before !== undefined) requireAfter(table, index, before);
    else if (bracket.floor !== 0n || bracket.scaledAmount !== 0n) {
      throw new RiskError("BAD_TIERS", "the first bracket must have floor 0 and amount 0", {
        path,
        value: bracket.floor,
      });
    }
  });
}
