// The options of `replay` that say what becomes of scopes under water: the policy, the insurance funds, and how liquidations move prices.
import type { RiskEngine } from "../engine/engine.ts";
import { LIQUIDATION_WORDS } from "../engine/liquidation/policies.ts";
import type { LiquidationMethod, LiquidationPolicy } from "../types.ts";
import { type CommandArguments, type CommandHelp, UsageError } from "./command.ts";
import type { ImpactModel, LiquidationPlan } from "./replay-liquidation.ts";

export const LIQUIDATION_OPTIONS: CommandHelp["options"] = {
  liquidate: {
    type: "string",
    value: "METHOD",
    help: `liquidate what goes under: profile (its own rules), ${LIQUIDATION_WORDS.method.join(", ")}`,
  },
  policy: {
    type: "string",
    value: "JSON",
    help: 'more rules of liquidation, such as {"slippage":"0.002","fee":"0.005"}',
  },
  insurance: {
    type: "string",
    multiple: true,
    value: "ASSET=AMOUNT",
    help: "what an insurance fund holds at the beginning; repeatable",
  },
  "impact-depth": {
    type: "string",
    value: "N",
    help: "liquidations move prices: by 1 % for each N of notional closed in a market",
  },
  "impact-half-life": {
    type: "string",
    value: "MINUTES",
    help: "in which half of such a move is gone (5)",
  },
  svg: { type: "string", value: "FILE", help: "draw what was liquidated when, as an SVG picture" },
  audit: {
    type: "boolean",
    help: "check after every tick and liquidation that no unit of money came or went (slow)",
  },
};

/** What of them needs --liquidate. */
const DEPENDENT = [
  "policy",
  "insurance",
  "impact-depth",
  "impact-half-life",
  "svg",
  "audit",
] as const;

/** What follows ticks, or undefined without --liquidate; sets the insurance funds. @throws UsageError, RiskError */
export function readLiquidation(
  args: CommandArguments,
  engine: RiskEngine,
): LiquidationPlan | undefined {
  const method = args.text("liquidate");
  if (method === undefined) {
    const alone = DEPENDENT.find((name) => args.flag(name) || args.texts(name).length > 0);
    if (alone !== undefined) throw new UsageError(`--${alone} goes with --liquidate`);
    return undefined;
  }
  const policy = { ...readMethod(method), ...readPolicyText(args.text("policy")) };
  for (const text of args.texts("insurance")) {
    const [asset = "", amount] = text.split("=");
    if (amount === undefined) {
      throw new UsageError(`--insurance takes ASSET=AMOUNT, such as USDT=1000000 (got "${text}")`);
    }
    engine.setInsuranceFund(asset, amount);
  }
  // Rules are read before anything is replayed.
  engine.liquidate({ accounts: [], policy, time: 0 });
  return { policy, impact: readImpact(args) };
}

function readMethod(text: string): LiquidationPolicy {
  if (text === "profile") return {};
  const methods: readonly string[] = LIQUIDATION_WORDS.method;
  if (methods.includes(text)) return { method: text as LiquidationMethod };
  throw new UsageError(`--liquidate is one of profile, ${methods.join(", ")} (got "${text}")`);
}

function readPolicyText(text: string | undefined): LiquidationPolicy {
  if (text === undefined) return {};
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    policy = undefined;
  }
  if (typeof policy === "object" && policy !== null && !Array.isArray(policy)) return policy;
  throw new UsageError(
    `--policy takes a JSON object, such as {"slippage":"0.002"} (got "${text}")`,
  );
}

function readImpact(args: CommandArguments): ImpactModel | null {
  const depth = args.whole("impact-depth", 0, 1);
  const minutes = args.whole("impact-half-life", 5, 1);
  if (depth !== 0) return { depth, halfLifeMs: minutes * 60_000 };
  if (args.text("impact-half-life") === undefined) return null;
  throw new UsageError("--impact-half-life goes with --impact-depth");
}
