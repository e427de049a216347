// What a sub-command is: its name, options and help in one place, so that parsing, the help texts and the
// hints about misspelt options can never disagree. Arguments are read by Node's own parseArgs.
import { type ParseArgsConfig, parseArgs } from "node:util";
import type { Output } from "./output.ts";
import type { Paint } from "./terminal.ts";

/** Exit codes of the program. */
export const EXIT = { done: 0, liquidatable: 1, badInput: 2, internal: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The world a command runs in: no command touches `process` itself. */
export interface CommandContext {
  /** Data. */
  readonly out: Output;
  /** Talk and progress. */
  readonly talk: Output;
  readonly paintOut: Paint;
  readonly paintTalk: Paint;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export interface OptionHelp {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  /** How the value is shown, e.g. "N". */
  readonly value?: string;
  readonly help: string;
}

export interface CommandHelp {
  readonly name: string;
  /** What follows the name, e.g. "BOOK". */
  readonly operands: string;
  readonly summary: string;
  readonly description: readonly string[];
  readonly options: Readonly<Record<string, OptionHelp>>;
  readonly examples: readonly string[];
}

export interface Command {
  readonly help: CommandHelp;
  readonly run: (args: CommandArguments, context: CommandContext) => Promise<ExitCode>;
}

/** The user called the program wrongly; ends it with exit code 2 and a pointer to the help. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** Options and operands as read. */
export class CommandArguments {
  readonly operands: readonly string[];
  readonly #values: Map<string, string | boolean | readonly (string | boolean)[]>;

  constructor(operands: readonly string[], values: Readonly<Record<string, unknown>>) {
    this.operands = operands;
    this.#values = new Map(
      Object.entries(values) as [string, string | boolean | (string | boolean)[]][],
    );
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "string" ? value : undefined;
  }

  texts(name: string): string[] {
    const value = this.#values.get(name);
    if (typeof value === "string") return [value];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** A whole number of at least `least`. */
  whole(name: string, otherwise: number, least = 0): number {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text) || value < least) {
      throw new UsageError(`--${name} takes a whole number of at least ${least} (got "${text}")`);
    }
    return value;
  }

  /** A share from 0 to 1, as a decimal. */
  share(name: string, otherwise: number): number {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    if (!/^[01](\.\d{1,15})?$/.test(text) || Number(text) > 1) {
      throw new UsageError(`--${name} takes a share from 0 to 1, such as 0.2 (got "${text}")`);
    }
    return Number(text);
  }

  /** The one operand a command needs. */
  operand(name: string): string {
    const [first, extra] = this.operands;
    if (first === undefined || first === "") throw new UsageError(`${name} is missing`);
    if (extra !== undefined) throw new UsageError(`one ${name} at a time (got "${extra}" too)`);
    return first;
  }
}

/** `--move -10%` is an option with a value for people, if not for parseArgs. */
function joinNegativeValues(args: readonly string[], help: CommandHelp): string[] {
  const joined: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? "";
    const option = argument.startsWith("--") ? help.options[argument.slice(2)] : undefined;
    const next = args[at + 1];
    if (option?.type === "string" && next !== undefined && /^-[\d.]/.test(next)) {
      joined.push(`${argument}=${next}`);
      at += 1;
    } else {
      joined.push(argument);
    }
  }
  return joined;
}

/** Reads arguments against a command's options. @throws UsageError */
export function readArguments(args: readonly string[], help: CommandHelp): CommandArguments {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, option] of Object.entries(help.options)) {
    options[name] = { type: option.type, multiple: option.multiple ?? false };
    if (option.short !== undefined) options[name].short = option.short;
  }
  try {
    const { values, positionals } = parseArgs({
      args: joinNegativeValues(args, help),
      options,
      allowPositionals: true,
      strict: true,
    });
    return new CommandArguments(positionals, values);
  } catch (error) {
    const unknown = /Unknown option '(-[^']*)'/.exec(String(error))?.[1];
    if (unknown === undefined) {
      throw new UsageError(error instanceof Error ? error.message : String(error));
    }
    const near = nearest(
      unknown,
      ["help", ...Object.keys(help.options)].map((name) => `--${name}`),
    );
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    throw new UsageError(`unknown option ${unknown}${hint}`);
  }
}

/** The word at most two edits away (three for long words), if any. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  let found: string | undefined;
  let fewest = word.length > 8 ? 4 : 3;
  for (const candidate of words) {
    const edits = editDistance(word, candidate);
    if (edits < fewest) {
      fewest = edits;
      found = candidate;
    }
  }
  return found;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Options that every command with a machine-readable form has. */
export const JSON_OPTIONS: Readonly<Record<"json" | "jsonl", OptionHelp>> = {
  json: { type: "boolean", help: "print one JSON document" },
  jsonl: { type: "boolean", help: "print one JSON object a line" },
};

export type OutputForm = "text" | "json" | "jsonl";

/** Which form was asked for. @throws UsageError where both were. */
export function outputForm(args: CommandArguments): OutputForm {
  if (args.flag("json") && args.flag("jsonl")) {
    throw new UsageError("--json and --jsonl exclude each other");
  }
  return args.flag("json") ? "json" : args.flag("jsonl") ? "jsonl" : "text";
}
