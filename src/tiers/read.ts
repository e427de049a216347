// Readers of whole bracket files: the JSON that ccxt's fetchLeverageTiers returns and freqtrade stores
// (`{symbol: tiers[]}`), unchanged, and a flat CSV of one tier a row. They check the shape only; deriveTable checks
// what the tiers say. Symbols are user strings, hence Maps.

import { RiskError } from "../errors.ts";
import type { LeverageTier } from "../types.ts";

/** What a tier may take its rates from; which of them a profile knows is for deriveTable to say. */
const RATES = ["maintenanceMarginRate", "maxLeverage", "initialMarginRate"] as const;

/** Tiers by unified symbol, in the order of the file. */
export type BracketFile = Map<string, LeverageTier[]>;

/**
 * Bracket file in ccxt's shape, as text or already parsed. Keys of tiers that are not needed are kept as they are.
 *
 * @throws RiskError `BAD_FILE` where the text is not JSON or the shape is another
 */
export function readBracketJson(input: string | object): BracketFile {
  const data: unknown = typeof input === "string" ? parseJson(input) : input;
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw new RiskError("BAD_FILE", "a bracket file must be an object of symbols", {
      hint: 'such as {"BTC/USDT:USDT": [{"minNotional": 0, ...}]}',
    });
  }
  const file: BracketFile = new Map();
  for (const [symbol, tiers] of Object.entries(data)) {
    if (!Array.isArray(tiers)) {
      throw new RiskError("BAD_FILE", "must be a list of tiers", { path: symbol, value: tiers });
    }
    tiers.forEach((tier: unknown, index) => {
      if (typeof tier === "object" && tier !== null && RATES.some((name) => name in tier)) return;
      throw new RiskError("BAD_FILE", `must be an object with a ${RATES.join(" or ")}`, {
        path: `${symbol}[${index}]`,
        value: tier,
      });
    });
    file.set(symbol, tiers as LeverageTier[]);
  }
  return file;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (cause) {
    throw new RiskError("BAD_FILE", `not JSON: ${(cause as Error).message}`, { cause });
  }
}

const REQUIRED = ["symbol", "notional_floor", "notional_cap", "maint_margin_rate"] as const;
const OPTIONAL = ["max_leverage", "cum"] as const;

/**
 * Bracket file as CSV with the columns symbol, notional_floor, notional_cap, maint_margin_rate and, optionally, max_leverage
 * and cum, in any order; others are ignored. CRLF, a byte-order mark and a missing final line end are accepted; quotes are not
 * (no field needs them). The tiers of a symbol stand in rising order; an empty notional_cap is no cap.
 *
 * @throws RiskError `MISSING_COLUMN`, `BAD_FILE` with the line
 */
export function readBracketCsv(text: string): BracketFile {
  const lines = (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).split(/\r?\n/);
  const header = (lines[0] as string).split(",").map((name) => name.trim());
  const columns = new Map(header.map((name, index) => [name, index]));
  for (const name of REQUIRED) {
    if (!columns.has(name)) {
      throw new RiskError("MISSING_COLUMN", `the bracket file has no column ${name}`, {
        path: "line 1",
        value: lines[0],
      });
    }
  }
  const file: BracketFile = new Map();
  lines.forEach((line, index) => {
    if (index === 0 || line === "") return;
    const fields = line.split(",");
    if (fields.length !== header.length || line.includes('"')) {
      throw new RiskError("BAD_FILE", `must have ${header.length} fields without quotes`, {
        path: `line ${index + 1}`,
        value: line,
      });
    }
    const field = (name: string): string => fields[columns.get(name) as number] as string;
    const optional = OPTIONAL.map((name) => (columns.has(name) ? field(name) : ""));
    addTier(file, field, optional);
  });
  return file;
}

function addTier(
  file: BracketFile,
  field: (name: (typeof REQUIRED)[number]) => string,
  [maxLeverage = "", cum = ""]: readonly string[],
): void {
  const symbol = field("symbol");
  let tiers = file.get(symbol);
  if (tiers === undefined) {
    tiers = [];
    file.set(symbol, tiers);
  }
  const cap = field("notional_cap");
  tiers.push({
    tier: tiers.length + 1,
    minNotional: field("notional_floor"),
    maxNotional: cap === "" ? null : cap,
    maintenanceMarginRate: field("maint_margin_rate"),
    maxLeverage: maxLeverage === "" ? null : maxLeverage,
    ...(cum === "" ? {} : { info: { cum } }),
  });
}
