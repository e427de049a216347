// The page's state as the part of an address after #, so that a link shares it and no server ever sees it: JSON, compressed by the
// browser (raw deflate), as base64url behind the number of the format. Bundled contracts are named, not written out.
import type { BookDocument, MarketDefinition } from "../../src/types.ts";
import { bundledMarket } from "./samples.ts";
import { type CheckState, type CheckView, type Direction, SLIDER_END_BP, STILL } from "./state.ts";

const PREFIX = "1.";
/** Longest text that is unpacked: a link of a few kilobytes must not blow up into gigabytes. */
const MAX_TEXT = 4_000_000;

/** What is written: the book with bundled markets as their symbols, and the view without its defaults. */
interface Packed {
  readonly b: Omit<BookDocument, "markets"> & { readonly markets: readonly unknown[] };
  readonly v?: Partial<CheckView>;
}

/** A link that holds no state of this page; the message is for people. */
export class HashError extends Error {
  override readonly name = "HashError";
}

function packMarket(market: MarketDefinition): unknown {
  const bundled = bundledMarket(market.symbol)?.definition;
  return JSON.stringify(bundled) === JSON.stringify(market) ? market.symbol : market;
}

function packView(view: CheckView): Partial<CheckView> | undefined {
  const changed = Object.entries(view).filter(([key, value]) => {
    const usual = STILL[key as keyof CheckView];
    return JSON.stringify(usual) !== JSON.stringify(value);
  });
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** The state as JSON that {@link parseState} reads back to the same. */
export function stateText({ book, view }: CheckState): string {
  const packed: Packed = {
    b: { ...book, markets: book.markets.map(packMarket) },
    ...(packView(view) === undefined ? {} : { v: packView(view) as Partial<CheckView> }),
  };
  return JSON.stringify(packed);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readMarket(value: unknown): MarketDefinition {
  if (typeof value === "string") {
    const bundled = bundledMarket(value);
    if (bundled === undefined) throw new HashError(`it names a contract unknown here: ${value}`);
    return bundled.definition;
  }
  if (!isRecord(value)) throw new HashError("a contract in it is malformed");
  return value as unknown as MarketDefinition;
}

function readView(value: unknown): CheckView {
  if (value === undefined) return STILL;
  if (!isRecord(value)) throw new HashError("its sliders are malformed");
  const { trial = {}, jointBp = 0, direction = "against", selected = 0 } = value;
  const prices = isRecord(trial) ? Object.entries(trial) : [];
  const sound =
    isRecord(trial) &&
    prices.every(([, price]) => typeof price === "string" && /^\d+(\.\d+)?$/.test(price)) &&
    Number.isInteger(jointBp) &&
    Math.abs(jointBp as number) <= SLIDER_END_BP &&
    (direction === "against" || direction === "together") &&
    Number.isInteger(selected) &&
    (selected as number) >= 0;
  if (!sound) throw new HashError("its sliders are malformed");
  return {
    trial: Object.fromEntries(prices) as Record<string, string>,
    jointBp: jointBp as number,
    direction: direction as Direction,
    selected: selected as number,
  };
}

/**
 * A state from the JSON of {@link stateText}. The shape is checked as far as this page relies on it; what the book says is for the
 * engine to judge.
 *
 * @throws HashError
 */
export function parseState(text: string): CheckState {
  let packed: unknown;
  try {
    packed = JSON.parse(text);
  } catch {
    throw new HashError("it is cut off or altered");
  }
  if (!isRecord(packed) || !isRecord(packed.b)) throw new HashError("it holds no account");
  const { markets, accounts, assets, marks } = packed.b;
  if (!Array.isArray(markets) || !Array.isArray(accounts) || !Array.isArray(assets)) {
    throw new HashError("it holds no account");
  }
  const [account] = accounts as unknown[];
  const lists = isRecord(account) ? [account.positions ?? [], account.stops ?? []] : [null];
  const sound = lists.every((list) => Array.isArray(list) && list.every(isRecord));
  if (!sound || !isRecord(marks)) throw new HashError("its account is malformed");
  const book = { ...packed.b, markets: markets.map(readMarket), accounts: [account] };
  return { book: book as unknown as BookDocument, view: readView(packed.v) };
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length;
    if (size > MAX_TEXT) {
      await reader.cancel();
      throw new HashError("it is too large");
    }
    chunks.push(read.value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  let binary: string;
  try {
    binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw new HashError("it is cut off or altered");
  }
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** The state as the text after #. */
export async function encodeHash(state: CheckState): Promise<string> {
  const bytes = new TextEncoder().encode(stateText(state));
  return PREFIX + toBase64Url(await through(bytes, new CompressionStream("deflate-raw")));
}

/**
 * The state of a link, from the text after #.
 *
 * @throws HashError saying in words what is wrong with the link
 */
export async function decodeHash(hash: string): Promise<CheckState> {
  if (!hash.startsWith(PREFIX)) throw new HashError("it is of another version of this page");
  const packed = fromBase64Url(hash.slice(PREFIX.length));
  let bytes: Uint8Array;
  try {
    bytes = await through(packed, new DecompressionStream("deflate-raw"));
  } catch (error) {
    if (error instanceof HashError) throw error;
    throw new HashError("it is cut off or altered");
  }
  return parseState(new TextDecoder().decode(bytes));
}
