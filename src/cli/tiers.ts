// `underkeel tiers F`: checks a bracket file and shows the tables derived from it, maintenance amounts
// included. All contracts are checked before anything is printed; every bad one is named.
import { formatDecimal } from "../decimal.ts";
import { RiskError } from "../errors.ts";
import { type DerivedTable, deriveTable } from "../tiers/index.ts";
import { readBrackets } from "./bracket-input.ts";
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT,
  type ExitCode,
  JSON_OPTIONS,
  nearest,
  outputForm,
} from "./command.ts";
import { groupDigits, percent, tableLines } from "./terminal.ts";

/** Amounts of published tables have at most this many decimals. */
const SETTLE_DECIMALS = 8;
const SHOWN_PROBLEMS = 20;

/** One tier as printed. */
interface TierLine {
  readonly tier: number;
  readonly minNotional: string;
  readonly maxNotional: string | null;
  readonly maintenanceMarginRate: string;
  readonly maxLeverage: string | null;
  readonly maintenanceAmount: string;
}

/** An exact quotient by a power of ten times 10^SETTLE_DECIMALS, as text. */
function amountText(scaled: bigint, denominator: number): string {
  const decimals = String(denominator).length - 1 + SETTLE_DECIMALS;
  return formatDecimal(scaled, decimals);
}

function tierLines(derived: DerivedTable): TierLine[] {
  const { table, caps, maxLeverageMilli } = derived;
  const rateDecimals = String(table.rateDenominator).length - 1;
  return table.brackets.map((bracket, index) => {
    const cap = caps[index] ?? null;
    const leverage = maxLeverageMilli[index] ?? 0;
    return {
      tier: index + 1,
      minNotional: formatDecimal(bracket.floor, SETTLE_DECIMALS),
      maxNotional: cap === null ? null : formatDecimal(cap, SETTLE_DECIMALS),
      maintenanceMarginRate: formatDecimal(bracket.rate, rateDecimals),
      maxLeverage: leverage === 0 ? null : formatDecimal(leverage, 3),
      maintenanceAmount: amountText(bracket.scaledAmount, table.rateDenominator),
    };
  });
}

/** Derives every table of the file, or refuses it with all that is wrong. */
async function deriveAll(path: string): Promise<Map<string, TierLine[]>> {
  const tables = new Map<string, TierLine[]>();
  const problems: string[] = [];
  for (const [symbol, tiers] of await readBrackets(path)) {
    try {
      const options = {
        settleDecimals: SETTLE_DECIMALS,
        style: "marginal",
        closeFeeRate: 0,
        path: symbol,
      } as const;
      tables.set(symbol, tierLines(deriveTable(tiers, options)));
    } catch (error) {
      if (!(error instanceof RiskError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, SHOWN_PROBLEMS).map((problem) => `\n  ${problem}`);
    const more =
      problems.length > SHOWN_PROBLEMS ? `\n  and ${problems.length - SHOWN_PROBLEMS} more` : "";
    throw new RiskError(
      "BAD_TIERS",
      `${problems.length} of ${problems.length + tables.size} contracts are wrong:${shown.join("")}${more}`,
      { path },
    );
  }
  return tables;
}

async function printOne(lines: readonly TierLine[], context: CommandContext): Promise<void> {
  const columns = [
    { title: "tier", right: true },
    { title: "from notional", right: true },
    { title: "to", right: true },
    { title: "maintenance", right: true },
    { title: "max leverage", right: true },
    { title: "amount to deduct", right: true },
  ];
  const rows = lines.map((line) => [
    String(line.tier),
    groupDigits(line.minNotional),
    line.maxNotional === null ? "no cap" : groupDigits(line.maxNotional),
    percent(line.maintenanceMarginRate, 3),
    line.maxLeverage === null ? "-" : `${line.maxLeverage}x`,
    groupDigits(line.maintenanceAmount),
  ]);
  for (const line of tableLines(columns, rows, context.paintOut)) await context.out.line(line);
}

async function printAll(
  tables: ReadonlyMap<string, readonly TierLine[]>,
  context: CommandContext,
): Promise<void> {
  const columns = [
    { title: "contract" },
    { title: "tiers", right: true },
    { title: "maintenance", right: true },
    { title: "max leverage", right: true },
    { title: "largest position", right: true },
  ];
  const rows = [...tables].map(([symbol, lines]) => {
    const last = lines.at(-1);
    const rates = `${percent(lines[0]?.maintenanceMarginRate ?? null, 2)} to ${percent(last?.maintenanceMarginRate ?? null, 0)}`;
    const leverage = lines[0]?.maxLeverage ?? null;
    return [
      symbol,
      String(lines.length),
      rates,
      leverage === null ? "-" : `${leverage}x`,
      last?.maxNotional == null ? "no cap" : groupDigits(last.maxNotional),
    ];
  });
  for (const line of tableLines(columns, rows, context.paintOut)) await context.out.line(line);
}

async function run(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const form = outputForm(args);
  let tables = await deriveAll(args.operand("F"));
  const symbol = args.text("symbol");
  if (symbol !== undefined) {
    const lines = tables.get(symbol);
    if (lines === undefined) {
      const near = nearest(symbol, [...tables.keys()]);
      throw new RiskError("UNKNOWN_SYMBOL", "the file has no such contract", {
        path: "--symbol",
        value: symbol,
        ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
      });
    }
    tables = new Map([[symbol, lines]]);
  }
  if (form === "jsonl") {
    for (const [name, tiers] of tables) {
      await context.out.line(JSON.stringify({ symbol: name, tiers }));
    }
  } else if (form === "json") {
    const document: Record<string, readonly TierLine[]> = Object.create(null);
    for (const [name, tiers] of tables) document[name] = tiers;
    await context.out.line(JSON.stringify(document, null, 2));
  } else {
    const [only] = tables.values();
    if (symbol !== undefined && only !== undefined) await printOne(only, context);
    else await printAll(tables, context);
  }
  const tiers = [...tables.values()].reduce((sum, lines) => sum + lines.length, 0);
  await context.talk.line(`${tables.size} contracts, ${tiers} tiers: all in order`);
  return EXIT.done;
}

export const tiersCommand: Command = {
  help: {
    name: "tiers",
    operands: "F",
    summary: "check a bracket file and show the tables derived from it",
    description: [
      "F is a bracket file as ccxt or freqtrade write it ({symbol: tiers[]}), a CSV of tiers",
      "(symbol,notional_floor,notional_cap,maint_margin_rate,max_leverage,cum), a book's markets.json, or -.",
      "Gaps, falling rates, rates that no leverage survives and amounts that contradict the tiers are errors.",
    ],
    options: {
      symbol: { type: "string", value: "S", help: "one contract, all its tiers" },
      ...JSON_OPTIONS,
    },
    examples: [
      "underkeel tiers examples/crash-2025-10-10/markets.json",
      "underkeel tiers examples/crash-2025-10-10/markets.json --symbol BTC/USDT:USDT",
    ],
  },
  run,
};
