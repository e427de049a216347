// What was pasted, taken apart: several JSON texts one after another (a trader copies one answer at a time) and what each of them is.

import { PARTS, type VenueFiles } from "../../src/adapters/parts.ts";
import {
  contentOf,
  describeShape,
  type ImportSource,
  recognise,
  VENUE_NAMES,
} from "../../src/adapters/recognise.ts";
import { parseExactJson } from "../../src/book/exact-json.ts";
import { RiskError } from "../../src/errors.ts";

/** Texts of the JSON values that follow one another; the last may be cut off, which its reader will say. */
export function splitJson(text: string): string[] {
  const pieces: string[] = [];
  let [depth, start, inString] = [0, -1, false];
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
      continue;
    }
    if (start === -1) {
      if (/[\s,;]/.test(char)) continue;
      start = at;
    }
    if (char === '"') inString = true;
    else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    if (depth <= 0 && (char === "}" || char === "]")) {
      pieces.push(text.slice(start, at + 1));
      [depth, start] = [0, -1];
    }
  }
  if (start !== -1) pieces.push(text.slice(start).trimEnd());
  return pieces;
}

/** One value and where it stood, for messages. */
interface Piece {
  readonly name: string;
  readonly data: unknown;
}

function isPlainObject(data: unknown): data is Record<string, unknown> {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

/** An object of parts: {"positions": …, "tiers": …}. */
function bundleOf({ data }: Piece): [ImportSource, [string, unknown][]] | null {
  if (!isPlainObject(data)) return null;
  const members = Object.entries(data);
  const venues = (Object.keys(PARTS) as ImportSource[]).filter((venue) =>
    members.every(([name, value]) => {
      const seen = recognise(value);
      return Object.hasOwn(PARTS[venue], name) && (seen === null || seen.venue === venue);
    }),
  );
  const [only] = venues;
  return members.length === 0 || only === undefined || venues.length > 1 ? null : [only, members];
}

function unknown({ name, data }: Piece): never {
  const keys = isPlainObject(data)
    ? Object.keys(data)
    : Object.keys(Object(Array.isArray(data) ? data[0] : {}));
  throw new RiskError(
    "BAD_FILE",
    Array.isArray(data) && data.length === 0
      ? "is an empty list, which may be anything"
      : `is nothing that is known here (found ${keys.slice(0, 6).join(", ") || "no fields"})`,
    {
      path: name,
      hint: "expected a book, ccxt's positions, or an answer of Binance, Bybit, OKX or Hyperliquid",
    },
  );
}

/** Several answers of one kind as one list. */
function joined(venue: ImportSource, part: string, pieces: readonly Piece[]): unknown {
  const [first] = pieces;
  if (pieces.length === 1) return first?.data;
  return pieces.flatMap(({ data, name }) => {
    const content = contentOf(venue, part, data, name);
    if (Array.isArray(content)) return content as unknown[];
    if (part === "brackets") return [content];
    throw new RiskError("BAD_FILE", `is ${describeShape({ venue, part })} once more`, {
      path: name,
    });
  });
}

/**
 * Answers of one venue, named.
 *
 * @throws RiskError BAD_FILE where a text is no JSON or nothing known, or where two venues are mixed
 */
export function venueAnswers(texts: readonly string[]): VenueFiles {
  const found: { venue: ImportSource; part: string; piece: Piece }[] = [];
  texts.forEach((text, index) => {
    const name = texts.length === 1 ? "the text" : `text ${index + 1}`;
    const piece: Piece = { name, data: parseExactJson(text, name) };
    const seen = recognise(piece.data);
    const bundle = seen === null ? bundleOf(piece) : null;
    if (seen !== null) found.push({ ...seen, piece });
    else if (bundle === null) unknown(piece);
    else
      for (const [part, data] of bundle[1])
        found.push({ venue: bundle[0], part, piece: { name, data } });
  });
  const venues = [...new Set(found.map(({ venue }) => venue))];
  const [venue] = venues;
  if (venue === undefined) return unknown({ name: "the text", data: {} });
  if (venues.length > 1) {
    const names = venues.map((each) => VENUE_NAMES[each]).join(" and ");
    throw new RiskError("BAD_FILE", `answers of ${names}: one venue at a time`, {
      path: "the text",
    });
  }
  const groups = new Map<string, Piece[]>();
  for (const { part, piece } of found) groups.set(part, [...(groups.get(part) ?? []), piece]);
  return {
    venue,
    parts: new Map([...groups].map(([part, pieces]) => [part, joined(venue, part, pieces)])),
  };
}
