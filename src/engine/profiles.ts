// Named venue profiles as data: which rules of margin a venue applies, as far as the engine knows
// rules. A profile is a name or an object of knobs that may extend a name; unknown names and unknown
// knobs are errors, because a misspelt rule that is silently ignored would change who is liquidated.
import { RiskError } from "../errors.ts";
import type { Profile, ProfileKnobs, ProfileName } from "../types.ts";
import { type LiquidationRules, readPolicy, rulesOfProfile } from "./liquidation/policies.ts";

/** The knobs that take one of a few values; the rules of liquidation are many and have a file of their own. */
type Knobs = Required<Omit<ProfileKnobs, "liquidation">>;

/** A profile with every knob decided. */
export type ResolvedProfile = Knobs & { readonly liquidation: LiquidationRules };

const DEFAULT: Knobs = {
  triggerInclusive: false,
  closeFeeInRequirement: false,
  tierStyle: "marginal",
  tierMetric: "notional",
  maintenanceRate: "table",
  openInterestScaling: false,
  integerLeverage: false,
  isolatedLeverageChange: "remargin",
  marginRemoval: "initialMargin",
  withdrawal: "initialMargin",
  modeSwitch: "convertIfSafe",
  modeSwitchMargin: "safe",
  modeSwitchToCross: "initialMargin",
  multiAssetExcludesIsolated: false,
  isolatedFundingSource: "position",
  fundingPrice: "mark",
  fundingRounding: "down",
  openOrderMargin: "worstSide",
  orderOpenLoss: false,
  reductions: "always",
  stopTriggerPrecision: "unit",
  stopBeyondLiquidation: "clamp",
  stopImmediate: "refuse",
  stopsOnModeSwitch: "carry",
  tickOrder: "pathAware",
  markMaxAgeMs: null,
};

const PROFILES: ReadonlyMap<string, Knobs> = new Map<ProfileName, Knobs>([
  ["default", DEFAULT],
  [
    "binance",
    {
      ...DEFAULT,
      triggerInclusive: true,
      integerLeverage: true,
      isolatedLeverageChange: "refuseDecrease",
      marginRemoval: "walletAndEquity",
      withdrawal: "walletAndEquity",
      modeSwitch: "refuseWithPosition",
      multiAssetExcludesIsolated: true,
      orderOpenLoss: true,
      stopTriggerPrecision: "tick",
    },
  ],
  [
    "bybit",
    {
      ...DEFAULT,
      triggerInclusive: true,
      closeFeeInRequirement: true,
      modeSwitch: "accountWide",
      stopBeyondLiquidation: "refuse",
      isolatedFundingSource: "walletFirst",
    },
  ],
  [
    "okx",
    {
      ...DEFAULT,
      triggerInclusive: true,
      closeFeeInRequirement: true,
      tierStyle: "wholePosition",
      tierMetric: "contracts",
      modeSwitch: "refuseWithPosition",
      isolatedFundingSource: "walletFirstCapped",
    },
  ],
  [
    "hyperliquid",
    {
      ...DEFAULT,
      maintenanceRate: "halfOfInitial",
      integerLeverage: true,
      isolatedLeverageChange: "keepMargin",
      marginRemoval: "initialOrTenth",
      withdrawal: "initialOrTenth",
      modeSwitch: "refuseWithPosition",
      fundingPrice: "oracle",
    },
  ],
  [
    "dydx",
    {
      ...DEFAULT,
      maintenanceRate: "fractionOfInitial",
      openInterestScaling: true,
      modeSwitch: "transferOnly",
      fundingPrice: "oracle",
      openOrderMargin: "none",
      reductions: "noWorse",
    },
  ],
]);

const FLAG = [true, false] as const;

/** Values each knob may take; of markMaxAgeMs two examples: it is null or a whole number, 0 or above. */
export const KNOB_VALUES: {
  readonly [Knob in keyof Knobs]: readonly Knobs[Knob][];
} = {
  triggerInclusive: FLAG,
  closeFeeInRequirement: FLAG,
  tierStyle: ["marginal", "wholePosition"],
  tierMetric: ["notional", "contracts"],
  maintenanceRate: ["table", "halfOfInitial", "fractionOfInitial"],
  openInterestScaling: FLAG,
  integerLeverage: FLAG,
  isolatedLeverageChange: ["remargin", "refuseDecrease", "keepMargin"],
  marginRemoval: ["initialMargin", "walletAndEquity", "initialOrTenth", "never"],
  withdrawal: ["initialMargin", "walletAndEquity", "initialOrTenth"],
  modeSwitch: ["convertIfSafe", "reduceToFit", "refuseWithPosition", "accountWide", "transferOnly"],
  modeSwitchMargin: ["safe", "entry"],
  modeSwitchToCross: ["initialMargin", "always"],
  multiAssetExcludesIsolated: FLAG,
  isolatedFundingSource: ["position", "walletFirst", "walletFirstCapped"],
  fundingPrice: ["mark", "oracle"],
  fundingRounding: ["down", "towardZero"],
  openOrderMargin: ["none", "worstSide"],
  orderOpenLoss: FLAG,
  reductions: ["always", "noWorse"],
  stopTriggerPrecision: ["unit", "tick"],
  stopBeyondLiquidation: ["clamp", "refuse"],
  stopImmediate: ["refuse", "fire"],
  stopsOnModeSwitch: ["carry", "cancel"],
  tickOrder: ["pathAware", "liquidationFirst", "stopsFirst"],
  markMaxAgeMs: [null, 60_000],
};

const KNOBS: ReadonlyMap<string, readonly unknown[]> = new Map(Object.entries(KNOB_VALUES));

/** Names of the built-in profiles. */
export const PROFILE_NAMES: readonly string[] = [...PROFILES.keys()];

/** A number of milliseconds, or none. */
function isAge(value: unknown): boolean {
  return value === null || (Number.isSafeInteger(value) && (value as number) >= 0);
}

function named(name: unknown, path: string): ResolvedProfile {
  const found = typeof name === "string" ? PROFILES.get(name) : undefined;
  if (found !== undefined) {
    return { ...found, liquidation: rulesOfProfile(name as ProfileName) };
  }
  throw new RiskError("UNKNOWN_PROFILE", "unknown profile", {
    path,
    value: name,
    hint: `expected ${PROFILE_NAMES.join(", ")} or an object of knobs`,
  });
}

/**
 * Every knob of a profile.
 *
 * @throws RiskError UNKNOWN_PROFILE for an unknown name, BAD_VALUE for an unknown knob or value.
 * @example
 * import { resolveProfile } from "underkeel";
 * resolveProfile("okx").tierMetric; // => "contracts"
 * resolveProfile({ extends: "binance", closeFeeInRequirement: true }).triggerInclusive; // => true
 */
export function resolveProfile(profile: Profile = "default", path = "profile"): ResolvedProfile {
  if (typeof profile !== "object" || profile === null || Array.isArray(profile)) {
    return named(profile, path);
  }
  const { extends: base = "default", liquidation, ...knobs } = profile;
  const start = named(base, `${path}.extends`);
  for (const [knob, value] of Object.entries(knobs)) {
    const allowed = KNOBS.get(knob);
    if (allowed === undefined) {
      throw new RiskError("BAD_VALUE", "unknown knob of a profile", {
        path: `${path}.${knob}`,
        value: knob,
        hint: `expected ${[...KNOBS.keys(), "liquidation"].join(", ")}`,
      });
    }
    if (knob === "markMaxAgeMs" ? !isAge(value) : !allowed.includes(value)) {
      throw new RiskError("BAD_VALUE", "unknown value of a knob", {
        path: `${path}.${knob}`,
        value,
        hint: `expected ${knob === "markMaxAgeMs" ? "null or whole milliseconds" : allowed.map(String).join(" or ")}`,
      });
    }
  }
  const rules = readPolicy(start.liquidation, liquidation, `${path}.liquidation`);
  return { ...start, ...knobs, liquidation: rules };
}
