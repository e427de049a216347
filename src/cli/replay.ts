// `underkeel replay BOOK --tape FILE`: a book taken through real or made-up prices, tick by tick, with what happens to it: who becomes
// liquidatable when, which stops fire, and what they close. For programs one JSON line an event; for people a report with a chart.
import { writeFile } from "node:fs/promises";
import { type CascadeSeries, cascadeSvg } from "../charts/cascade-chart.ts";
import type { RiskEngine } from "../engine/engine.ts";
import {
  EXTREME_ORDERS,
  readFunding,
  SymbolMap,
  surveyTapes,
  type TapeSource,
  type TapeSurvey,
} from "../tape/index.ts";
import type { EngineEvent } from "../types.ts";
import { CascadeRecorder } from "./cascade-series.ts";
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT,
  type ExitCode,
  JSON_OPTIONS,
  type OutputForm,
  outputForm,
  UsageError,
} from "./command.ts";
import { LIQUIDATION_OPTIONS, readLiquidation } from "./liquidation-options.ts";
import { type LoadedBook, loadEngine } from "./load.ts";
import { type LiquidationPlan, ReplayLiquidation } from "./replay-liquidation.ts";
import { ReplayLosses } from "./replay-losses.ts";
import { lossLines } from "./replay-losses-report.ts";
import { replayLines } from "./replay-report.ts";
import { type ReplayObserver, type ReplayPlan, replay } from "./replay-run.ts";
import { bucketMinutes, type ReplayFacts, ReplayStatistics } from "./replay-statistics.ts";
import { ReplayVerifier } from "./replay-verify.ts";
import { readSymbolMap, tapeFiles } from "./tape-input.ts";
import { counted, groupDigits, percent, progressLine } from "./terminal.ts";

/** One of the words, the first where the option is absent. @throws UsageError */
function word<Word extends string>(
  args: CommandArguments,
  name: string,
  words: readonly [Word, ...Word[]],
): Word {
  const text = args.text(name);
  const found = text === undefined ? words[0] : words.find((one) => one === text);
  if (found !== undefined) return found;
  throw new UsageError(`--${name} is one of ${words.join(", ")} (got "${text}")`);
}

/** ms since 1970 of an ISO 8601 text; without a zone it is UTC. @throws UsageError */
function isoTime(args: CommandArguments, name: string, otherwise: number): number {
  const text = args.text(name);
  if (text === undefined) return otherwise;
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes("T") ? text : `${text}Z`;
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(zoned) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new UsageError(`--${name} takes a time such as 2025-10-10T21:00 (got "${text}")`);
  }
  return time;
}

function setCallLevels(engine: RiskEngine, text: string | undefined): void {
  if (text === undefined) return;
  engine.apply({ type: "setMarginCalls", levels: text.split(",").map((level) => level.trim()) });
}

interface Loaded {
  readonly book: LoadedBook;
  readonly tapes: readonly TapeSource[];
  readonly surveys: readonly TapeSurvey[];
  readonly plan: ReplayPlan;
  readonly liquidation: LiquidationPlan | undefined;
}

async function load(
  args: CommandArguments,
  path: string,
  context: CommandContext,
): Promise<Loaded> {
  const tapes = tapeFiles(args.texts("tape"));
  if (tapes.length === 0) throw new UsageError("--tape is missing");
  const stated = readSymbolMap(args.texts("symbol-map"));
  const options = {
    extremes: word(args, "extremes", EXTREME_ORDERS),
    by: word(args, "by", ["time", "symbol"]),
    stops: word(args, "stops", ["execute", "report"]),
    limit: args.whole("limit", Number.MAX_SAFE_INTEGER, 1),
    from: isoTime(args, "from", 0),
    to: isoTime(args, "to", Number.MAX_SAFE_INTEGER),
  };
  const order = args.text("order");
  const orders = ["pathAware", "liquidationFirst", "stopsFirst"] as const;
  const ordered = order === undefined ? {} : { order: word(args, "order", orders) };
  const book = await loadEngine(path, context);
  const markets = book.markets.map(({ symbol, priceDecimals }, index) => ({
    index,
    symbol,
    priceDecimals,
  }));
  const symbols = new SymbolMap(markets, stated);
  const surveys = await surveyTapes(tapes, symbols);
  const funding = await readFunding(tapeFiles(args.texts("funding")), symbols);
  refuseUseless(surveys, args.flag("strict"));
  setCallLevels(book.engine, args.text("call-levels"));
  const { now } = context;
  const { engine } = book;
  const liquidation = readLiquidation(args, engine);
  if (liquidation !== undefined && (args.flag("verify") || args.flag("verify-reference"))) {
    throw new UsageError("--verify judges ticks alone; with --liquidate use --audit");
  }
  const plan: ReplayPlan = {
    engine,
    tapes,
    symbols,
    funding: funding.groups,
    now,
    ...options,
    ...ordered,
    ...(liquidation === undefined
      ? {}
      : {
          liquidation: new ReplayLiquidation(
            engine,
            liquidation,
            book.markets.map(({ symbol }) => symbol),
          ),
        }),
  };
  return { book, tapes, surveys, plan, liquidation };
}

/** Tapes that say nothing of the book, or with --strict of more than the book. */
function refuseUseless(surveys: readonly TapeSurvey[], strict: boolean): void {
  const [unknown] = surveys.flatMap((survey) => [...survey.unknown.keys()]);
  const hint = "name its market with --symbol-map NAME=MARKET";
  if (unknown !== undefined && strict) {
    throw new UsageError(
      `the tape has prices of ${unknown}, which is no market of the book; ${hint}`,
    );
  }
  if (surveys.some(({ columns }) => columns.length > 0)) return;
  const first = unknown === undefined ? "it has no rows" : `its first symbol is ${unknown}`;
  throw new UsageError(`no tape has prices of a market of the book (${first}); ${hint}`);
}

function factsOf({ book, tapes, surveys, plan }: Loaded): ReplayFacts {
  const { engine, markets } = book;
  const { accounts, positions } = engine.stats();
  const unknown: Record<string, number> = Object.create(null);
  for (const survey of surveys) {
    for (const [symbol, rows] of survey.unknown) unknown[symbol] = (unknown[symbol] ?? 0) + rows;
  }
  const columns = surveys.flatMap((survey) => survey.columns);
  const first = Math.min(...columns.map(({ firstTime }) => firstTime));
  const last = Math.max(...columns.map(({ lastTime }) => lastTime));
  return {
    tapes: tapes.map(({ name }) => name),
    tapeBars: columns.reduce((sum, { bars }) => sum + bars, 0),
    markets: new Set(columns.map(({ market }) => market)).size,
    unknown,
    accounts,
    positions,
    stops: engine.stats().stops,
    from: Math.max(first, plan.from),
    to: Math.min(last, plan.to),
    settles: new Map(markets.map(({ symbol, settle }) => [symbol, settle])),
  };
}

/** Says where the book stands far from the tape: the first tick would be a crash of its own. */
async function warnOfGap({ book, surveys, plan }: Loaded, context: CommandContext): Promise<void> {
  if (plan.from > 0) return;
  const far = surveys.flatMap(({ columns }) =>
    columns.filter(({ market, firstOpen }) => {
      const mark = Number(book.markets[market.index]?.mark ?? 0n);
      return mark !== 0 && Math.abs(firstOpen / mark - 1) > 0.2;
    }),
  );
  if (far.length === 0) return;
  const named = far.slice(0, 3).map(({ market }) => market.symbol);
  await context.talk.line(
    `note: the tape opens more than 20 % away from the book's marks in ${counted(far.length, "market")} (${named.join(", ")}${far.length > 3 ? ", ..." : ""})`,
  );
}

/** Events as JSON lines, each with its tick; the names in front are none of an event's own. */
function jsonLines(context: CommandContext): ReplayObserver {
  const { out } = context;
  const write = async (
    events: readonly EngineEvent[],
    tick: number,
    time: number,
    barStage: string,
  ): Promise<void> => {
    for (const event of events) await out.line(JSON.stringify({ tick, time, barStage, ...event }));
  };
  return {
    after: ({ number, time, stage, events }) =>
      events.length === 0 ? undefined : write(events, number, time, stage),
    liquidated: ({ number, time, stage, events }) => write(events, number, time, stage),
    funded: (events, time, ticks) => write(events, ticks, time, "funding"),
  };
}

/** How far it is, where standard error is a terminal. */
function progress(
  facts: ReplayFacts,
  statistics: ReplayStatistics,
  context: CommandContext,
): { readonly observer: ReplayObserver; readonly end: () => void } {
  const line = progressLine(context.talk.stream, context.now);
  const span = Math.max(1, facts.to - facts.from);
  const observer: ReplayObserver = {
    after({ number, time }) {
      line.update(() => {
        const share = percent((time - facts.from) / span, 0);
        const at = new Date(time).toISOString().slice(0, 16).replace("T", " ");
        return `${at} (${share}): ${groupDigits(number)} ticks, ${groupDigits(statistics.liquidations)} liquidatable, ${groupDigits(statistics.stops)} stops`;
      });
      return undefined;
    },
  };
  return { observer, end: () => line.end() };
}

async function print(
  form: OutputForm,
  args: CommandArguments,
  statistics: ReplayStatistics,
  verifier: ReplayVerifier | undefined,
  losses: ReplayLosses | undefined,
  context: CommandContext,
): Promise<void> {
  const { out, paintOut } = context;
  const report = statistics.report();
  const verified = verifier?.report();
  const liquidation = losses?.report();
  const whole = {
    ...report,
    ...(verified === undefined ? {} : { verified }),
    ...(liquidation === undefined ? {} : { liquidation }),
  };
  if (form === "json") return out.line(JSON.stringify(whole, null, 2));
  const brief = args.flag("summary");
  if (form === "jsonl") {
    if (brief) await out.line(JSON.stringify({ type: "summary", ...whole }));
    return;
  }
  for (const line of replayLines(report, paintOut, brief)) await out.line(line);
  if (liquidation !== undefined) {
    await out.line();
    for (const line of lossLines(liquidation, paintOut, brief)) await out.line(line);
  }
  if (verifier === undefined) return;
  await out.line();
  for (const line of verifier.lines(paintOut)) await out.line(line);
}

/** The cascade chart into a file. */
async function draw(
  path: string,
  series: CascadeSeries | undefined,
  context: CommandContext,
): Promise<void> {
  if (series === undefined) {
    await context.talk.line(`note: nothing was liquidated; ${path} is not written`);
    return;
  }
  await writeFile(path, cascadeSvg(series));
  await context.talk.line(`${path} written`);
}

async function run(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const form = outputForm(args);
  const loaded = await load(args, args.operand("BOOK"), context);
  await warnOfGap(loaded, context);
  const facts = factsOf(loaded);
  const statistics = new ReplayStatistics(facts);
  const shown = progress(facts, statistics, context);
  const reference = args.flag("verify-reference");
  const verifier =
    args.flag("verify") || reference
      ? new ReplayVerifier(loaded.plan.engine, { reference, order: loaded.plan.order })
      : undefined;
  const losses =
    loaded.liquidation === undefined
      ? undefined
      : new ReplayLosses(loaded.plan.engine, loaded.liquidation, {
          settles: facts.settles,
          bucketMinutes: bucketMinutes(facts.from, facts.to),
          audit: args.flag("audit"),
        });
  const observers: ReplayObserver[] = [statistics, shown.observer];
  if (losses !== undefined) observers.push(losses);
  const svg = args.text("svg");
  const recorder =
    svg === undefined ? undefined : new CascadeRecorder(loaded.plan.engine, facts.settles, facts);
  if (recorder !== undefined) observers.push(recorder);
  if (form === "jsonl") observers.push(jsonLines(context));
  if (verifier !== undefined) observers.push(verifier);
  try {
    await replay(loaded.plan, observers);
    verifier?.finish();
  } finally {
    shown.end();
  }
  if (svg !== undefined) await draw(svg, recorder?.series(facts.tapes.join(", ")), context);
  await print(form, args, statistics, verifier, losses, context);
  if (verifier === undefined || verifier.differences === 0) return EXIT.done;
  if (form === "jsonl") {
    for (const line of verifier.lines(context.paintTalk)) await context.talk.line(line);
  }
  return EXIT.internal;
}

export const replayCommand: Command = {
  help: {
    name: "replay",
    operands: "BOOK",
    summary: "a book taken through a price tape, tick by tick",
    description: [
      "Takes a book through a tape of bars (CSV: ts_ms,symbol,open,high,low,close): who becomes liquidatable",
      "when, which stops fire and what they close. Each bar is four ticks: open, one extreme, the other, close.",
      "A report with a chart; --jsonl prints every event as a JSON line with its tick, time and bar stage instead.",
      "Bad rows are told with file and line before anything is replayed.",
    ],
    options: {
      tape: {
        type: "string",
        multiple: true,
        value: "FILE",
        help: "bars, gzipped or not; repeatable",
      },
      funding: {
        type: "string",
        multiple: true,
        value: "FILE",
        help: "funding rates (ts_ms,symbol,funding_rate), settled at their times",
      },
      "symbol-map": {
        type: "string",
        multiple: true,
        value: "NAME=MARKET",
        help: "the tape's name of a market; others are matched by name (auto)",
      },
      strict: { type: "boolean", help: "refuse tapes with symbols that the book does not know" },
      by: {
        type: "string",
        value: "time|symbol",
        help: "one tick for all markets of a time and stage (time), or one for each",
      },
      extremes: {
        type: "string",
        value: "ORDER",
        help: "nearest (to the open; default), low-first or high-first",
      },
      from: {
        type: "string",
        value: "TIME",
        help: "bars from here on, such as 2025-10-10T21:00 (UTC)",
      },
      to: { type: "string", value: "TIME", help: "bars up to here" },
      limit: { type: "string", value: "N", help: "at most N ticks" },
      stops: {
        type: "string",
        value: "execute|report",
        help: "close what stops close (execute), or only tell",
      },
      order: {
        type: "string",
        value: "ORDER",
        help: "pathAware, liquidationFirst or stopsFirst instead of the profile's",
      },
      "call-levels": {
        type: "string",
        value: "R,R",
        help: "margin ratios that are called, such as 0.8,0.9",
      },
      verify: {
        type: "boolean",
        help: "judge every pool and look at every stop after each tick; exit with 3 on a difference",
      },
      "verify-reference": { type: "boolean", help: "the same by the BigInt reference (slow)" },
      ...LIQUIDATION_OPTIONS,
      ...JSON_OPTIONS,
      summary: { type: "boolean", help: "no chart; with --jsonl the report as the last line" },
    },
    examples: [
      "underkeel replay examples/crash-2025-10-10 --tape examples/tapes/crash-synthetic.csv.gz",
      "underkeel generate --accounts 200 --stops 0.5 --tape examples/tapes/crash-synthetic.csv.gz | underkeel replay - --tape examples/tapes/crash-synthetic.csv.gz --limit 400 --verify",
      "underkeel replay examples/crash-2025-10-10 --tape examples/tapes/crash-synthetic.csv.gz --limit 200 --jsonl",
      "underkeel replay examples/crash-2025-10-10 --tape examples/tapes/crash-synthetic.csv.gz --limit 200 --liquidate ladder --insurance USDT=5000000 --impact-depth 20000000",
    ],
  },
  run,
};
