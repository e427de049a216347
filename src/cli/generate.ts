// `underkeel generate`: a seeded book of any size, as a folder or as one JSON document on standard
// output. The same options give the same bytes.

import { bookDocumentText, type StreamedBook, writeBookFolder } from "../book/write.ts";
import {
  generateBook,
  marketsFromBrackets,
  type PricedMarket,
  standardMarkets,
} from "../generate/index.ts";
import { deriveTable } from "../tiers/index.ts";
import type { AssetDefinition } from "../types.ts";
import { readBrackets } from "./bracket-input.ts";
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT,
  type ExitCode,
  UsageError,
} from "./command.ts";
import { marketsOnTape } from "./tape-input.ts";
import { duration, groupDigits, percent, progressLine } from "./terminal.ts";

const ASSET_DECIMALS = 8;

/** The markets, or those that the tape has prices of, at its first prices. */
async function chooseMarkets(
  args: CommandArguments,
  context: CommandContext,
): Promise<PricedMarket[]> {
  const markets = await readMarkets(args, context);
  const tape = args.text("tape");
  return tape === undefined ? markets : marketsOnTape(markets, tape);
}

/** Markets of the bracket file, checked, or the bundled dozen. */
async function readMarkets(
  args: CommandArguments,
  context: CommandContext,
): Promise<PricedMarket[]> {
  const path = args.text("brackets");
  if (path === undefined) return standardMarkets();
  const brackets = await readBrackets(path);
  for (const [symbol, tiers] of brackets) {
    deriveTable(tiers, {
      settleDecimals: ASSET_DECIMALS,
      style: "marginal",
      closeFeeRate: 0,
      path: symbol,
    });
  }
  const { markets, skipped } = marketsFromBrackets(brackets, args.text("seed") ?? "1");
  if (skipped.length > 0) {
    const named = skipped.slice(0, 5).join(", ");
    const more = skipped.length > 5 ? ", ..." : "";
    await context.talk.line(`left out, not linear contracts: ${skipped.length} (${named}${more})`);
  }
  return markets;
}

function assetsOf(markets: readonly PricedMarket[]): AssetDefinition[] {
  const codes = new Set(markets.map((market) => market.definition.settle));
  return [...codes].map((code) => ({ code, decimals: ASSET_DECIMALS }));
}

async function run(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  if (args.operands.length > 0) {
    throw new UsageError(`generate takes options only (got "${args.operands[0]}")`);
  }
  const count = args.whole("accounts", 1000);
  const hitRate = args.share("hit-rate", 0.001);
  const stopShare = args.share("stops", 0);
  const seed = args.text("seed") ?? "1";
  const folder = args.text("out");
  if (args.flag("gzip") && folder === undefined) throw new UsageError("--gzip needs --out FOLDER");
  const started = context.now();
  const markets = await chooseMarkets(args, context);
  const book: StreamedBook = {
    profile: "default",
    assets: assetsOf(markets),
    markets,
    accounts: generateBook({ accounts: count, seed, markets, hitRate, stopShare }),
  };
  if (folder === undefined) {
    for (const piece of bookDocumentText(book)) await context.out.write(piece);
    return EXIT.done;
  }
  const progress = progressLine(context.talk.stream, context.now);
  const summary = await writeBookFolder(folder, book, {
    gzip: args.flag("gzip"),
    onProgress: (done) =>
      progress.update(() => `${groupDigits(done)} accounts (${percent(done / count, 0)})`),
  });
  progress.end();
  await context.talk.line(
    `${groupDigits(summary.accounts)} accounts, ${groupDigits(summary.positions)} positions, ${markets.length} markets, ` +
      `seed ${seed}: ${folder} (${summary.files.join(", ")}) in ${duration(context.now() - started)}`,
  );
  return EXIT.done;
}

export const generateCommand: Command = {
  help: {
    name: "generate",
    operands: "",
    summary: "make a book of any size, shaped like real ones",
    description: [
      "Seeded and streaming: account values, leverages, modes and markets are distributed as on real venues.",
      "With --out a folder is written, otherwise one JSON document to standard output.",
      "Markets come from a bracket file (see `tiers`) with plausible prices, or are a dozen real contracts.",
    ],
    options: {
      accounts: { type: "string", value: "N", help: "how many accounts (1000)" },
      seed: { type: "string", value: "S", help: "any text; same seed, same book (1)" },
      brackets: { type: "string", value: "F", help: "bracket file whose contracts to trade" },
      out: {
        type: "string",
        value: "FOLDER",
        help: "write the folder form; replaces a book there",
      },
      gzip: { type: "boolean", help: "gzip the tables of accounts, positions and stops" },
      "hit-rate": {
        type: "string",
        value: "SHARE",
        help: "share of scopes that are liquidatable (0.001)",
      },
      stops: {
        type: "string",
        value: "SHARE",
        help: "share of positions and cross pools that have a stop (0)",
      },
      tape: {
        type: "string",
        value: "FILE",
        help: "only markets of this price tape, at its first prices (see replay)",
      },
    },
    examples: [
      "underkeel generate --accounts 100 --seed 7 | underkeel scan -",
      "underkeel generate --accounts 10000 --out my-book --hit-rate 0.2",
      "underkeel generate --accounts 500 --stops 0.4 --tape examples/tapes/crash-synthetic.csv.gz",
      "underkeel generate --accounts 1000 --brackets examples/crash-2025-10-10/markets.json --out my-book --gzip",
    ],
  },
  run,
};
