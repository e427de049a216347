// Text straight from a file's bytes: plain decimals to integers and short names to strings, without a decoder
// call for the common case. What is not common is left to the exact parser in src/decimal.ts.

/** Strict UTF-8: a byte sequence that is none is an error of the file, not a replacement character. */
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Fifteen digits always fit a double exactly. */
const SAFE_DIGITS = 15;
const POWERS = Array.from({ length: SAFE_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/**
 * Units of 10^-decimals of a plain decimal of at most 15 digits (decimals included), or NaN: then the text is
 * unusual or wrong, and parseDecimal says which.
 */
export function plainUnits(
  bytes: Uint8Array,
  start: number,
  end: number,
  decimals: number,
): number {
  let at = start;
  const negative = bytes[at] === 45;
  if (negative) at++;
  const first = at;
  let sum = 0;
  let byte = 0;
  for (; at < end; at++) {
    byte = bytes[at] as number;
    if (byte < 48 || byte > 57) break;
    sum = sum * 10 + byte - 48;
  }
  const whole = at - first;
  if (whole === 0 || whole + decimals > SAFE_DIGITS) return Number.NaN;
  let places = 0;
  if (at < end) {
    places = end - at - 1;
    if (byte !== 46 || places === 0 || places > decimals) return Number.NaN;
    for (at++; at < end; at++) {
      byte = bytes[at] as number;
      if (byte < 48 || byte > 57) return Number.NaN;
      sum = sum * 10 + byte - 48;
    }
  }
  const units = sum * (POWERS[decimals - places] as number);
  // 0 - 0 is 0, never -0.
  return negative ? 0 - units : units;
}

/** Longer texts go to the decoder, whose call costs as much as joining this many characters. */
const JOINED_LENGTH = 32;
/** Room for the characters of a text, one array per length: a call spread over it makes one flat string. */
const CHARACTERS: readonly number[][] = Array.from({ length: JOINED_LENGTH + 1 }, (_, length) =>
  new Array<number>(length).fill(0),
);

/** @throws TypeError where the bytes are not UTF-8 */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length > JOINED_LENGTH) return DECODER.decode(bytes.subarray(start, end));
  const characters = CHARACTERS[length] as number[];
  for (let at = 0; at < length; at++) {
    const byte = bytes[start + at] as number;
    if (byte > 127) return DECODER.decode(bytes.subarray(start, end));
    characters[at] = byte;
  }
  return String.fromCharCode.apply(null, characters);
}

const REMEMBERED = 1024;
const REMEMBERED_LENGTH = 32;

/** Strings seen lately: a document repeats its keys, words and symbols in every account. */
export class TextMemory {
  readonly #texts: string[] = Array.from({ length: REMEMBERED }, () => "");

  /** As {@link textOf}. */
  textOf(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length > REMEMBERED_LENGTH) return textOf(bytes, start, end);
    let hash = length;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const slot = (hash ^ (hash >>> 11)) & (REMEMBERED - 1);
    const known = this.#texts[slot] as string;
    // Only ASCII is remembered, so lengths and codes are those of the bytes.
    if (known.length === length) {
      let at = 0;
      while (at < length && known.charCodeAt(at) === bytes[start + at]) at++;
      if (at === length) return known;
    }
    const text = textOf(bytes, start, end);
    if (text.length === length) this.#texts[slot] = text;
    return text;
  }
}

/** The same with U+FFFD for what is not UTF-8: for messages only. */
export function shownText(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 4096)));
}

/** Characters (code points) in a range of UTF-8. */
export function countCharacters(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (((bytes[at] as number) & 0xc0) !== 0x80) count++;
  return count;
}

/** ASCII words as the bytes that spell them, for {@link isWord}. */
export function wordBytes(word: string): Uint8Array {
  return new TextEncoder().encode(word);
}

/** Do the bytes spell this word? */
export function isWord(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  const length = word.length;
  if (end - start !== length) return false;
  for (let at = 0; at < length; at++) if (bytes[start + at] !== word[at]) return false;
  return true;
}
