// What a random command is drawn from: a kind and a few choices, without figures. A choice such as "exactly what is available, and one unit
// more" becomes a figure only when the command's turn comes and the model knows the book (resolve.ts); so sequences shrink well.
import fc from "fast-check";
import type { Profile, ProfileKnobs } from "../../../src/types.ts";
import { ACCOUNTS, ASSETS, COINS, SYMBOLS } from "./venue.ts";

/** How large an amount is. */
export type Size =
  /** As much as the rules let through, and a few units beside it. */
  | { readonly at: "limit"; readonly offset: bigint }
  /** All there is (of a position, a wallet, a margin), and a few units beside it. */
  | { readonly at: "whole"; readonly offset: bigint }
  /** A share of the limit. */
  | { readonly at: "share"; readonly permille: bigint }
  | { readonly at: "units"; readonly units: bigint };

/** A price beside the mark, or where a scope is liquidated. */
export type Price =
  | { readonly at: "mark"; readonly permille: bigint; readonly offset: bigint }
  | { readonly at: "liquidation"; readonly scope: number; readonly offset: bigint };

export type Kind =
  | "deposit"
  | "withdraw"
  | "setBalance"
  | "setPosition"
  | "fill"
  | "setMarks"
  | "openAccount"
  | "closeAccount"
  | "empty"
  | "addMargin"
  | "reduceMargin"
  | "setAutoTopUp"
  | "topUpMargins"
  | "setLeverage"
  | "setMarginMode"
  | "settleFunding"
  | "placeOrder"
  | "cancelOrder"
  | "setTiers"
  | "setIndexPrices"
  | "setMultiAsset";

/** Every draw has every choice; a kind uses those that mean something to it. */
export interface Draw {
  readonly kind: Kind;
  readonly account: string;
  readonly symbol: string;
  readonly asset: string;
  readonly buy: boolean;
  /** Aims at a position that is there, rather than at the account and symbol drawn; where there is one. */
  readonly aim: number | undefined;
  readonly size: Size;
  readonly price: Price;
  readonly mode: "cross" | "isolated" | undefined;
  /** Thousandths; "cap": the most that the bracket at the position lets, and the next above. */
  readonly leverage: bigint | "cap" | "aboveCap" | undefined;
  readonly flag: boolean;
  readonly other: boolean;
  /** In units, by the schedule, or as much as the trade can bear ("limit") and one unit more ("above"). */
  readonly fee: bigint | "maker" | "taker" | "limit" | "above" | undefined;
  readonly rate: bigint;
  readonly policy: ProfileKnobs["modeSwitch"];
}

/** Accounts that are open at the start. */
const OPEN = ACCOUNTS.slice(0, 3);

const offset: fc.Arbitrary<bigint> = fc.constantFrom(0n, 0n, 1n, 1n, -1n, 2n);

const size: fc.Arbitrary<Size> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ at: fc.constant("limit" as const), offset }) },
  { weight: 2, arbitrary: fc.record({ at: fc.constant("whole" as const), offset }) },
  {
    weight: 4,
    arbitrary: fc.record({
      at: fc.constant("share" as const),
      permille: fc.bigInt({ min: 1n, max: 999n }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      at: fc.constant("units" as const),
      units: fc.oneof(fc.constantFrom(1n, 2n, 3n, 0n), fc.bigInt({ min: 1n, max: 100_000n })),
    }),
  },
);

const price: fc.Arbitrary<Price> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      at: fc.constant("mark" as const),
      permille: fc.oneof(
        fc.constant(1_000n),
        fc.bigInt({ min: 970n, max: 1_030n }),
        fc.bigInt({ min: 800n, max: 1_250n }),
        fc.bigInt({ min: 300n, max: 3_000n }),
      ),
      offset: fc.bigInt({ min: -3n, max: 3n }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      at: fc.constant("liquidation" as const),
      scope: fc.nat(50),
      offset: fc.constantFrom(0n, 0n, -1n, 1n, 5n),
    }),
  },
);

const leverage: fc.Arbitrary<Draw["leverage"]> = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 4, arbitrary: fc.constantFrom(1_000n, 2_000n, 3_000n, 4_000n, 5_000n, 10_000n) },
  { weight: 1, arbitrary: fc.constantFrom(20_000n, 50_000n, 125_000n, 1n, 1_500n, 2_501n, 999n) },
  { weight: 2, arbitrary: fc.constantFrom("cap" as const, "cap" as const, "aboveCap" as const) },
);

const kind: fc.Arbitrary<Kind> = fc.oneof(
  { weight: 12, arbitrary: fc.constant("fill" as const) },
  { weight: 6, arbitrary: fc.constant("setMarks" as const) },
  { weight: 4, arbitrary: fc.constantFrom("addMargin" as const, "reduceMargin" as const) },
  { weight: 6, arbitrary: fc.constantFrom("setLeverage" as const, "setMarginMode" as const) },
  { weight: 3, arbitrary: fc.constantFrom("deposit" as const, "withdraw" as const) },
  { weight: 3, arbitrary: fc.constantFrom("placeOrder" as const, "cancelOrder" as const) },
  { weight: 3, arbitrary: fc.constant("settleFunding" as const) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "setAutoTopUp" as const,
      "topUpMargins" as const,
      "topUpMargins" as const,
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom("setBalance" as const, "setPosition" as const) },
  { weight: 3, arbitrary: fc.constantFrom("setIndexPrices" as const, "setMultiAsset" as const) },
  { weight: 1, arbitrary: fc.constant("setTiers" as const) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("openAccount" as const, "closeAccount" as const, "empty" as const),
  },
);

const FUNDING_RATES = [
  1n,
  -1n,
  100_000_000n,
  333_333_333n,
  20_000_000_000n,
  -(10n ** 11n),
  3n * 10n ** 11n,
];

const draw: fc.Arbitrary<Draw> = fc.record({
  kind,
  account: fc.constantFrom(...OPEN, ...OPEN, ...OPEN, ...ACCOUNTS),
  symbol: fc.constantFrom(...SYMBOLS),
  asset: fc.constantFrom(...ASSETS, ...COINS),
  buy: fc.boolean(),
  aim: fc.option(fc.nat(30), { nil: undefined, freq: 4 }),
  size,
  price,
  mode: fc.constantFrom("cross", "isolated", "isolated", undefined),
  leverage,
  flag: fc.boolean(),
  other: fc.integer({ min: 0, max: 4 }).map((pick) => pick === 0),
  fee: fc.oneof(
    fc.constantFrom(undefined, "maker" as const, "taker" as const),
    fc.constantFrom("limit" as const, "above" as const),
    fc.bigInt({ min: -50n, max: 200_000n }),
  ),
  rate: fc.oneof(
    fc.constantFrom(...FUNDING_RATES),
    fc.bigInt({ min: -(10n ** 10n), max: 10n ** 10n }),
  ),
  policy: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    {
      weight: 2,
      arbitrary: fc.constantFrom("convertIfSafe" as const, "reduceToFit" as const),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "refuseWithPosition" as const,
        "accountWide" as const,
        "transferOnly" as const,
      ),
    },
  ),
});

const NAMES = ["default", "binance", "bybit", "okx", "hyperliquid", "dydx"] as const;

/** A knob left alone, or set to one of its values. */
function knob<Value>(...values: readonly Value[]): fc.Arbitrary<Value | undefined> {
  return fc.constantFrom(undefined, ...values);
}

/** A named profile some of whose knobs were turned. */
export const turnedProfile: fc.Arbitrary<Profile> = fc
  .record({
    extends: fc.constantFrom(...NAMES),
    triggerInclusive: knob(true, false),
    closeFeeInRequirement: knob(true, false),
    tierStyle: knob("marginal" as const, "wholePosition" as const),
    tierMetric: knob("notional" as const, "notional" as const, "contracts" as const),
    maintenanceRate: knob("table" as const, "halfOfInitial" as const, "fractionOfInitial" as const),
    openInterestScaling: knob(true, false),
    integerLeverage: knob(true, false, false),
    isolatedLeverageChange: knob(
      "remargin" as const,
      "refuseDecrease" as const,
      "keepMargin" as const,
    ),
    marginRemoval: knob(
      "initialMargin" as const,
      "walletAndEquity" as const,
      "initialOrTenth" as const,
      "never" as const,
    ),
    withdrawal: knob(
      "initialMargin" as const,
      "walletAndEquity" as const,
      "initialOrTenth" as const,
    ),
    modeSwitch: knob("convertIfSafe" as const, "reduceToFit" as const, "accountWide" as const),
    modeSwitchMargin: knob("safe" as const, "entry" as const),
    modeSwitchToCross: knob("initialMargin" as const, "always" as const),
    multiAssetExcludesIsolated: knob(true, false),
    isolatedFundingSource: knob(
      "position" as const,
      "walletFirst" as const,
      "walletFirstCapped" as const,
    ),
    fundingPrice: knob("mark" as const, "oracle" as const),
    fundingRounding: knob("down" as const, "towardZero" as const),
    openOrderMargin: knob("none" as const, "worstSide" as const),
    orderOpenLoss: knob(true, false),
    reductions: knob("always" as const, "noWorse" as const),
  })
  .map((drawn) => {
    const set = Object.entries(drawn).filter(([, value]) => value !== undefined);
    return Object.fromEntries(set) as Exclude<Profile, string>;
  });

/** A trade that is likely to be taken. */
const opening: fc.Arbitrary<Draw> = fc
  .tuple(
    draw,
    fc.bigInt({ min: 1n, max: 600n }),
    fc.constantFrom(undefined, 2_000n, 5_000n, 7_000n),
    fc.constantFrom("cross", "isolated", "isolated", undefined),
  )
  .map(
    ([one, permille, ownLeverage, mode]): Draw => ({
      ...one,
      kind: "fill",
      aim: undefined,
      other: false,
      size: { at: "share", permille },
      price: { at: "mark", permille: 1_000n, offset: 0n },
      leverage: ownLeverage,
      mode,
    }),
  );

/** A few trades, so that there are positions to do things to, and then anything. */
export const game: fc.Arbitrary<readonly Draw[]> = fc
  .tuple(
    fc.array(opening, { maxLength: 6, size: "max" }),
    fc.array(draw, { minLength: 1, maxLength: 40, size: "max" }),
  )
  .map(([first, rest]) => [...first, ...rest]);
