// Files of venues' answers for `underkeel import`: what each one is shows in its fields, so they can be named in any order; several
// of one kind (pages, categories) are joined. What does not show can be said: PART=FILE.

import { PARTS, type VenueFiles } from "../adapters/parts.ts";
import {
  contentOf,
  describeShape,
  type ImportSource,
  recognise,
  VENUE_NAMES,
} from "../adapters/recognise.ts";
import { parseExactJson } from "../book/exact-json.ts";
import { RiskError } from "../errors.ts";
import { readText } from "./bracket-input.ts";
import { UsageError } from "./command.ts";

interface NamedFile {
  readonly name: string;
  /** Stated with PART=FILE. */
  readonly part: string | undefined;
  readonly data: unknown;
}

function partsList(venue: ImportSource): string {
  return Object.keys(PARTS[venue]).join(", ");
}

async function readFiles(operands: readonly string[]): Promise<NamedFile[]> {
  const files: NamedFile[] = [];
  for (const operand of operands) {
    const stated = /^([A-Za-z]+)=(.+)$/.exec(operand);
    const path = stated?.[2] ?? operand;
    const name = path === "-" ? "standard input" : path;
    files.push({ name, part: stated?.[1], data: parseExactJson(await readText(path), name) });
  }
  return files;
}

/** An object whose members are parts: {"positions": …, "balances": …}. */
function bundled(
  data: unknown,
  venue: ImportSource | undefined,
): [ImportSource, [string, unknown][]] | null {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return null;
  const members = Object.entries(data);
  const venues = venue === undefined ? (Object.keys(PARTS) as ImportSource[]) : [venue];
  const fitting = venues.filter((candidate) =>
    members.every(([name, value]) => {
      const seen = recognise(value);
      return Object.hasOwn(PARTS[candidate], name) && (seen === null || seen.venue === candidate);
    }),
  );
  const [only] = fitting;
  return members.length === 0 || only === undefined || fitting.length > 1 ? null : [only, members];
}

function unknownFile({ name, data }: NamedFile, venue: ImportSource | undefined): never {
  const empty = Array.isArray(data) && data.length === 0;
  const wanted =
    venue === undefined ? "say whose it is with --from" : `expected one of ${partsList(venue)}`;
  throw new RiskError(
    "BAD_FILE",
    empty ? "is an empty list, which may be anything" : "is no answer that is known",
    { path: name, hint: `${wanted}; or say what it is, such as positions=${name}` },
  );
}

/** What the files are, one entry for each part in each. */
function identify(
  files: readonly NamedFile[],
  from: ImportSource | undefined,
): [ImportSource, [string, NamedFile][]] {
  const found: [ImportSource | undefined, string, NamedFile][] = [];
  for (const file of files) {
    if (file.part !== undefined) {
      found.push([from, file.part, file]);
      continue;
    }
    const seen = recognise(file.data);
    if (seen !== null) {
      if (from !== undefined && seen.venue !== from) {
        throw new RiskError("BAD_FILE", `looks like ${describeShape(seen)}`, {
          path: file.name,
          hint: `--from ${from} takes ${partsList(from)}`,
        });
      }
      found.push([seen.venue, seen.part, file]);
      continue;
    }
    const bundle = bundled(file.data, from);
    if (bundle === null) return unknownFile(file, from);
    for (const [part, data] of bundle[1]) found.push([bundle[0], part, { ...file, data }]);
  }
  const venues = [...new Set(found.flatMap(([venue]) => (venue === undefined ? [] : [venue])))];
  const [venue, other] = venues;
  if (venue === undefined) throw new UsageError("say whose files these are with --from");
  if (other !== undefined) {
    const names = venues.map((each) => VENUE_NAMES[each]).join(" and ");
    throw new UsageError(`the files are of ${names}: one venue at a time`);
  }
  return [venue, found.map(([, part, file]) => [part, file])];
}

/** Rows of several answers of one kind as one list. */
function joined(venue: ImportSource, part: string, files: readonly NamedFile[]): unknown {
  const [first] = files;
  if (files.length === 1) return first?.data;
  return files.flatMap(({ data, name }) => {
    const content = contentOf(venue, part, data, name);
    if (Array.isArray(content)) return content as unknown[];
    if (part === "brackets") return [content];
    throw new UsageError(
      `more than one file is ${describeShape({ venue, part })} (${files.map((file) => file.name).join(", ")})`,
    );
  });
}

/** Reads and names the files. @throws RiskError BAD_FILE, UsageError */
export async function readVenueFiles(
  operands: readonly string[],
  from: ImportSource | undefined,
): Promise<VenueFiles> {
  const [venue, found] = identify(await readFiles(operands), from);
  const groups = new Map<string, NamedFile[]>();
  for (const [part, file] of found) {
    if (!Object.hasOwn(PARTS[venue], part)) {
      throw new UsageError(
        `${VENUE_NAMES[venue]} has no part "${part}" (it has ${partsList(venue)})`,
      );
    }
    groups.set(part, [...(groups.get(part) ?? []), file]);
  }
  const parts = new Map<string, unknown>();
  for (const [part, files] of groups) parts.set(part, joined(venue, part, files));
  return { venue, parts };
}
