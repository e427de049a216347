// The command-line program: picks the sub-command, gives it a world to run in, and turns whatever goes
// wrong into a message on standard error and an exit code. The only file that touches `process`.
import { readFileSync } from "node:fs";
import { RiskError } from "../errors.ts";
import { checkCommand } from "./check.ts";
import {
  type Command,
  type CommandContext,
  EXIT,
  type ExitCode,
  nearest,
  readArguments,
  UsageError,
} from "./command.ts";
import { compareCommand } from "./compare-modes.ts";
import { generateCommand } from "./generate.ts";
import { commandHelp, programHelp } from "./help.ts";
import { importCommand } from "./import.ts";
import { mapCommand } from "./map.ts";
import { Output, ReaderGone } from "./output.ts";
import { rebracketCommand } from "./rebracket.ts";
import { replayCommand } from "./replay.ts";
import { scanCommand } from "./scan.ts";
import { snapshotCommand } from "./snapshot.ts";
import { stressCommand } from "./stress.ts";
import { painter, wantsColour } from "./terminal.ts";
import { tiersCommand } from "./tiers.ts";
import { verifyCommand } from "./verify.ts";

const COMMANDS: readonly Command[] = [
  scanCommand,
  checkCommand,
  compareCommand,
  mapCommand,
  tiersCommand,
  rebracketCommand,
  generateCommand,
  importCommand,
  snapshotCommand,
  replayCommand,
  stressCommand,
  verifyCommand,
];

function findCommand(name: string): Command {
  const command = COMMANDS.find(({ help }) => help.name === name);
  if (command !== undefined) return command;
  const near = nearest(name, ["help", ...COMMANDS.map(({ help }) => help.name)]);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new UsageError(`unknown command "${name}"${hint}`);
}

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

async function runProgram(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  const [name, ...rest] = args;
  const { out, talk } = context;
  if (name === undefined) {
    await talk.write(programHelp(COMMANDS, readVersion(), context.paintTalk));
    return EXIT.badInput;
  }
  if (name === "--version" || name === "-V") {
    await out.line(readVersion());
    return EXIT.done;
  }
  if (name === "help" || name === "--help" || name === "-h") {
    const [topic] = rest;
    const text =
      topic === undefined
        ? programHelp(COMMANDS, readVersion(), context.paintOut)
        : commandHelp(findCommand(topic).help, context.paintOut);
    await out.write(text);
    return EXIT.done;
  }
  if (name.startsWith("-")) throw new UsageError(`a command comes first (got "${name}")`);
  const command = findCommand(name);
  if (rest.includes("--help") || rest.includes("-h")) {
    await out.write(commandHelp(command.help, context.paintOut));
    return EXIT.done;
  }
  try {
    return await command.run(readArguments(rest, command.help), context);
  } catch (error) {
    if (error instanceof UsageError) error.message += `\nsee: underkeel help ${name}`;
    throw error;
  }
}

/** The exit code for a failure, which is told on `talk`. */
async function tellFailure(error: unknown, context: CommandContext): Promise<ExitCode> {
  if (error instanceof ReaderGone) return EXIT.done;
  const { talk, paintTalk } = context;
  const internal = error instanceof RiskError && ["INTERNAL", "POISONED"].includes(error.code);
  if (error instanceof UsageError) {
    await talk.line(`${paintTalk("red", "underkeel:")} ${error.message}`);
    return EXIT.badInput;
  }
  if (error instanceof RiskError && !internal) {
    await talk.line(`${paintTalk("red", "underkeel:")} ${error.message} [${error.code}]`);
    return EXIT.badInput;
  }
  const errno = error instanceof Error ? (error as NodeJS.ErrnoException) : undefined;
  if (errno?.syscall !== undefined) {
    // The file system said no: a matter of the input, not of this program.
    await talk.line(`${paintTalk("red", "underkeel:")} ${errno.message}`);
    return EXIT.badInput;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  await talk.line(`${paintTalk("red", "underkeel: internal error:")} ${text}`);
  return EXIT.internal;
}

async function main(): Promise<void> {
  const context: CommandContext = {
    out: new Output(process.stdout),
    talk: new Output(process.stderr, true),
    paintOut: painter(wantsColour(process.stdout, process.env)),
    paintTalk: painter(wantsColour(process.stderr, process.env)),
    now: () => performance.now(),
  };
  let code: ExitCode;
  try {
    code = await runProgram(process.argv.slice(2), context);
    await context.out.flush();
  } catch (error) {
    await context.out.flush().catch(() => undefined);
    code = await tellFailure(error, context);
  }
  await context.talk.flush().catch(() => undefined);
  process.exitCode = code;
}

await main();
