// `underkeel map BOOK --market S`: what is liquidated at which price of a market, as a chart in the terminal, JSON, CSV, an SVG picture or a page.
import { writeFile } from "node:fs/promises";
import { liquidationMapHtml, liquidationMapSvg } from "../charts/liquidation-chart.ts";
import { formatDecimal } from "../decimal.ts";
import { toCoinglassMap } from "../engine/coinglass-map.ts";
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT,
  type ExitCode,
  nearest,
  UsageError,
} from "./command.ts";
import { type LoadedBook, loadEngine, readMove } from "./load.ts";
import { mapCsv, mapLines } from "./map-lines.ts";
import { duration } from "./terminal.ts";

const FORMS = ["json", "csv", "coinglass"] as const;
/** Lines of the chart. */
const ROWS = 36;

/** "-30%..30%" as shares of the mark. */
function readRange(text: string): { from: string; to: string } {
  const [from, to, extra] = text.split("..");
  if (from === undefined || to === undefined || extra !== undefined) {
    throw new UsageError(`--range takes two moves, such as -30%..30% (got "${text}")`);
  }
  return { from: formatDecimal(readMove(from), 6), to: formatDecimal(readMove(to), 6) };
}

function marketOf(args: CommandArguments, book: LoadedBook): string {
  const symbol = args.text("market");
  const symbols = book.markets.map((market) => market.symbol);
  if (symbol === undefined) {
    throw new UsageError(
      `--market is missing: one of ${symbols.slice(0, 8).join(", ")}${symbols.length > 8 ? ", ..." : ""}`,
    );
  }
  if (symbols.includes(symbol)) return symbol;
  const near = nearest(symbol, symbols);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new UsageError(`--market: the book has no market "${symbol}"${hint}`);
}

async function run(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const path = args.operand("BOOK");
  const forms = FORMS.filter((name) => args.flag(name));
  if (forms.length > 1) throw new UsageError(`--${forms.join(" and --")} exclude each other`);
  const range = readRange(args.text("range") ?? "-30%..30%");
  const levels = args.whole("levels", 200, 1);
  const book = await loadEngine(path, context);
  const symbol = marketOf(args, book);
  const started = context.now();
  const map = book.engine.liquidationMap({
    symbol,
    ...range,
    levels,
    beta: args.text("beta") ?? "0",
  });
  const took = context.now() - started;
  const { out, talk } = context;
  const files = [
    ["svg", liquidationMapSvg],
    ["html", liquidationMapHtml],
  ] as const;
  for (const [name, draw] of files) {
    const target = args.text(name);
    if (target === undefined) continue;
    await writeFile(target, draw(map));
    await talk.line(`wrote ${target}`);
  }
  const [form] = forms;
  if (form === "json") await out.line(JSON.stringify(map, null, 2));
  else if (form === "coinglass") await out.line(JSON.stringify(toCoinglassMap(map), null, 2));
  else {
    const lines = form === "csv" ? mapCsv(map) : mapLines(map, ROWS, context.paintOut);
    for (const line of lines) await out.line(line);
  }
  if (form === undefined) {
    await talk.line(context.paintTalk("dim", `${map.levels.length} levels in ${duration(took)}`));
  }
  return EXIT.done;
}

export const mapCommand: Command = {
  help: {
    name: "map",
    operands: "BOOK",
    summary: "what is liquidated at which price of a market",
    description: [
      "The liquidation map of a market: going outward from its mark, every scope is counted at the first price",
      "level at which it is liquidatable, with the notional of its position in this market there (longs below",
      "the mark, shorts above it) and that of everything else it holds. Counted from the book, not modelled.",
      "All other prices hold still, or the other markets move by beta times as much.",
    ],
    options: {
      market: { type: "string", value: "SYMBOL", help: "the market" },
      levels: {
        type: "string",
        value: "N",
        help: "price levels, evenly spaced, at most 1000 (200)",
      },
      range: { type: "string", value: "A..B", help: "from where to where (-30%..30%)" },
      beta: {
        type: "string",
        value: "B",
        help: "how far the other markets follow (0: they hold still)",
      },
      json: { type: "boolean", help: "print the map as one JSON document" },
      csv: { type: "boolean", help: "print one row a level" },
      coinglass: { type: "boolean", help: "print it in the shape of CoinGlass's liquidation map" },
      svg: { type: "string", value: "FILE", help: "draw it, 1200 x 600" },
      html: { type: "string", value: "FILE", help: "draw it as a page" },
    },
    examples: [
      "underkeel map examples/crash-2025-10-10 --market BTC/USDT:USDT",
      "underkeel map examples/crash-2025-10-10 --market ETH/USDT:USDT --beta 0.8 --html map.html",
      "underkeel map book.json --market BTC/USDT:USDT --levels 500 --range -50%..50% --csv",
    ],
  },
  run,
};
