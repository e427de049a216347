// One way of refusing a table of tiers: the message names the tier (counted from 1, as venues do) and shows
// the values that disagree, so that a bad file of seven hundred contracts can be mended from the message alone.

import { RiskError } from "../errors.ts";

/** @throws RiskError `BAD_TIERS` whose path is `<path>[<index>]` (index from 0) and whose message names the tier from 1. */
export function refuseTier(path: string, index: number, message: string): never {
  throw new RiskError("BAD_TIERS", `tier ${index + 1}: ${message}`, { path: `${path}[${index}]` });
}

/** @throws RiskError `BAD_TIERS` about the table as a whole. */
export function refuseTable(path: string, message: string): never {
  throw new RiskError("BAD_TIERS", message, { path });
}
