// `underkeel compare BOOK`: cross against isolated for one account, as a table that fits eighty columns: where each position is
// liquidated, how far everything may move, and what shocks leave, with who is pulled down by whom.
import type { RiskEngine } from "../engine/engine.ts";
import type { ModeShock } from "../engine/mode-shocks.ts";
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT,
  type ExitCode,
  UsageError,
} from "./command.ts";
import { comparisonLines } from "./comparison-lines.ts";
import { loadEngine } from "./load.ts";
import { readMoves, readShare } from "./shares.ts";

/** "10%" moves everything against the account; "A=-10%,B=+5%" moves markets. */
function readShock(text: string): ModeShock {
  if (!text.includes("=")) {
    const share = readShare(text, text, "shock");
    if (Number(share) > 0 && Number(share) < 1) return share;
    throw new UsageError(
      `--shock takes a share between 0% and 100%, such as 10%; further only by market, SYMBOL=+150% (got "${text}")`,
    );
  }
  return readMoves(text, "shock");
}

/** The first account that has something to compare: both modes or several positions; else the first with a position, else the first. */
function accountToShow(engine: RiskEngine): string {
  let first: string | undefined;
  let holder: string | undefined;
  for (const id of engine.accountIds()) {
    first ??= id;
    const count = engine.account(id).holdings().length;
    if (count > 1) return id;
    if (count > 0) holder ??= id;
  }
  const found = holder ?? first;
  if (found === undefined) throw new UsageError("the book has no accounts");
  return found;
}

async function run(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const path = args.operand("BOOK");
  const shocks = args.texts("shock").map(readShock);
  const { engine } = await loadEngine(path, context);
  const account = args.text("account") ?? accountToShow(engine);
  const comparison = engine.compareModes(account, shocks.length === 0 ? {} : { shocks });
  if (args.flag("json")) {
    await context.out.line(JSON.stringify(comparison, null, 2));
    return EXIT.done;
  }
  for (const line of comparisonLines(comparison, context.paintOut)) await context.out.line(line);
  return EXIT.done;
}

export const compareCommand: Command = {
  help: {
    name: "compare",
    operands: "BOOK",
    summary: "one account's positions as they are, all cross and all isolated",
    description: [
      "Liquidation prices, how far everything may move, and what shocks leave of the account in each margin mode.",
      "All cross: isolated margins go back into the wallet. All isolated: each cross position takes its entry",
      "notional over its leverage out of the wallet, or its share where the wallet is too small for all.",
      "Left after a shock: the equity of every scope that stands there; one that is liquidatable counts 0.",
    ],
    options: {
      account: {
        type: "string",
        value: "ID",
        help: "which account (the first with several positions)",
      },
      shock: {
        type: "string",
        multiple: true,
        value: "S",
        help: "10%: everything against the account; SYMBOL=-10%: markets; repeatable",
      },
      json: { type: "boolean", help: "print one JSON document" },
    },
    examples: [
      "underkeel compare examples/crash-2025-10-10 --account a0000903",
      'underkeel compare examples/crash-2025-10-10 --account a0000903 --shock 10% --shock "BTC/USDT:USDT=+25%"',
      "underkeel generate --accounts 50 | underkeel compare - --json",
    ],
  },
  run,
};
