// `underkeel snapshot BOOK --out FILE`: a book as one file that every command opens several times faster.
import { writeSnapshot } from "../snapshot/files.ts";
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT,
  type ExitCode,
  UsageError,
} from "./command.ts";
import { loadEngine } from "./load.ts";
import { duration, groupDigits } from "./terminal.ts";

async function run(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const path = args.operand("BOOK");
  const target = args.text("out");
  if (target === undefined) throw new UsageError("--out FILE is needed");
  const { engine, loadMilliseconds } = await loadEngine(path, context);
  const started = context.now();
  const bytes = await writeSnapshot(target, engine);
  const { accounts, positions } = engine.stats();
  const { out } = context;
  if (args.flag("json")) {
    await out.line(JSON.stringify({ file: target, bytes, accounts, positions }));
    return EXIT.done;
  }
  await out.line(
    `${target}: ${groupDigits(accounts)} accounts, ${groupDigits(positions)} positions, ${groupDigits(Math.ceil(bytes / 1e3))} kB` +
      ` (read in ${duration(loadMilliseconds)}, written in ${duration(context.now() - started)})`,
  );
  return EXIT.done;
}

export const snapshotCommand: Command = {
  help: {
    name: "snapshot",
    operands: "BOOK",
    summary: "a book as one file that opens several times faster",
    description: [
      "Writes the engine's whole state to a file: accounts, positions, orders, stops, the screen and all that ticks",
      "have armed. Every command takes it in place of a book. The file appears under its name only when all of it",
      "is on the disk. It is for this version of underkeel; a book is for any.",
    ],
    options: {
      out: { type: "string", short: "o", value: "FILE", help: "where to; needed" },
      json: { type: "boolean", help: "what was written, as JSON" },
    },
    examples: [
      "underkeel snapshot examples/crash-2025-10-10 --out crash.snapshot",
      "underkeel scan crash.snapshot",
    ],
  },
  run,
};
