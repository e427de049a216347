// The help texts, made from the commands' own descriptions.
import type { Command, CommandHelp, OptionHelp } from "./command.ts";
import type { Paint } from "./terminal.ts";

const EXIT_CODES = [
  "Exit codes: 0 done; 1 liquidatable found (only with --fail-on liquidatable); 2 bad input; 3 internal.",
  "Data goes to standard output, talk and progress to standard error. NO_COLOR is respected.",
];

function optionLabel(name: string, option: OptionHelp): string {
  const short = option.short === undefined ? "" : `-${option.short}, `;
  const value = option.value === undefined ? "" : ` ${option.value}`;
  return `${short}--${name}${value}`;
}

function pairLines(pairs: readonly (readonly [string, string])[], paint: Paint): string[] {
  const width = Math.max(...pairs.map(([label]) => label.length));
  return pairs.map(([label, text]) => `  ${paint("cyan", label.padEnd(width))}  ${text}`);
}

/** Help for one command. */
export function commandHelp(help: CommandHelp, paint: Paint): string {
  const options = Object.entries(help.options).map(
    ([name, option]) => [optionLabel(name, option), option.help] as const,
  );
  const usage = ["underkeel", help.name, help.operands].filter((word) => word !== "").join(" ");
  const lines = [
    `${paint("bold", usage)} [options]`,
    "",
    ...help.description,
    ...(options.length === 0 ? [] : ["", paint("bold", "Options"), ...pairLines(options, paint)]),
    "",
    paint("bold", "Examples"),
    ...help.examples.map((example) => `  ${example}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** Help for the program. */
export function programHelp(commands: readonly Command[], version: string, paint: Paint): string {
  const rows = commands.map(
    ({ help }) => [`${help.name} ${help.operands}`.trim(), help.summary] as const,
  );
  const lines = [
    `${paint("bold", "underkeel")} ${version}: exact margin and liquidation figures for books of leveraged accounts`,
    "",
    `${paint("bold", "underkeel COMMAND")} [options]`,
    "",
    ...pairLines([...rows, ["help [COMMAND]", "this text, or a command's own"]], paint),
    "",
    "A BOOK is a JSON document, a folder (markets.json, marks.csv, accounts.csv, positions.csv), either",
    "of them gzipped, a snapshot, or - for a JSON document on standard input.",
    "",
    ...EXIT_CODES,
    "",
    paint("bold", "Examples"),
    "  underkeel scan examples/crash-2025-10-10",
    "  underkeel help check",
  ];
  return `${lines.join("\n")}\n`;
}
