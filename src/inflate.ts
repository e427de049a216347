// Raw DEFLATE (RFC 1951) undone in one call, for the embedded kernel. DecompressionStream does the same but only behind a promise,
// and a constructor cannot wait for one. It runs once in a program, cold, so the inner loop makes no calls and holds its bits in locals.

/** A canonical Huffman code. */
interface HuffmanCode {
  /** By the next 9 bits, first one lowest: symbol << 4 | length of its word; 0 if the word is longer. */
  readonly short: Uint16Array;
  /** Symbols in the order of their words, and how many words each length has. */
  readonly symbols: Uint16Array;
  readonly counts: Uint16Array;
}

/** Bits that are read and not used yet, lowest first; the next byte. Zeros stand behind the end. */
interface Bits {
  readonly source: Uint8Array;
  at: number;
  held: number;
  count: number;
}

const LONGEST_WORD = 15;
const SHORT_BITS = 9;
const SHORT_MASK = 511;
/** In this order a block lists the lengths of the code that its code lengths are written in. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;

function codeOf(lengths: Uint8Array): HuffmanCode {
  const counts = new Uint16Array(LONGEST_WORD + 1);
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  counts[0] = 0;
  const words = new Uint16Array(LONGEST_WORD + 2);
  const places = new Uint16Array(LONGEST_WORD + 2);
  for (let length = 1; length <= LONGEST_WORD; length++) {
    const count = counts[length] as number;
    words[length + 1] = ((words[length] as number) + count) << 1;
    places[length + 1] = (places[length] as number) + count;
  }
  const symbols = new Uint16Array(lengths.length);
  const short = new Uint16Array(1 << SHORT_BITS);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number;
    if (length === 0) continue;
    const place = places[length] as number;
    const word = words[length] as number;
    places[length] = place + 1;
    words[length] = word + 1;
    symbols[place] = symbol;
    if (length > SHORT_BITS) continue;
    const entry = (symbol << 4) | length;
    for (let i = reversed(word, length); i <= SHORT_MASK; i += 1 << length) short[i] = entry;
  }
  return { short, symbols, counts };
}

/** Words arrive with their highest bit first. */
function reversed(word: number, length: number): number {
  let bits = 0;
  for (let i = 0; i < length; i++) bits |= ((word >> i) & 1) << (length - 1 - i);
  return bits;
}

/** The entry (as in `short`) of a word longer than 9 bits. */
function longEntry({ counts, symbols }: HuffmanCode, held: number): number {
  let [word, first, index] = [0, 0, 0];
  for (let length = 1; length <= LONGEST_WORD; length++) {
    word |= (held >> (length - 1)) & 1;
    const count = counts[length] as number;
    if (word - first < count) return ((symbols[index + word - first] as number) << 4) | length;
    index += count;
    first = (first + count) << 1;
    word <<= 1;
  }
  throw new RangeError("DEFLATE data with a word outside its code");
}

/** The next bits, first one lowest; at most 16. */
function take(bits: Bits, count: number): number {
  while (bits.count < count) {
    bits.held |= (bits.source[bits.at++] as number) << bits.count;
    bits.count += 8;
  }
  const value = bits.held & ((1 << count) - 1);
  bits.held >>>= count;
  bits.count -= count;
  return value;
}

function takeSymbol(bits: Bits, code: HuffmanCode): number {
  while (bits.count < LONGEST_WORD) {
    bits.held |= (bits.source[bits.at++] as number) << bits.count;
    bits.count += 8;
  }
  const entry = code.short[bits.held & SHORT_MASK] || longEntry(code, bits.held);
  take(bits, entry & 15);
  return entry >> 4;
}

function fixedCodes(): [HuffmanCode, HuffmanCode] {
  const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  return [codeOf(lengths), codeOf(new Uint8Array(30).fill(5))];
}

function dynamicCodes(bits: Bits): [HuffmanCode, HuffmanCode] {
  const literals = take(bits, 5) + 257;
  const distances = take(bits, 5) + 1;
  const listed = take(bits, 4) + 4;
  const order = new Uint8Array(19);
  for (const symbol of LENGTH_ORDER.slice(0, listed)) order[symbol] = take(bits, 3);
  const code = codeOf(order);
  const lengths = new Uint8Array(literals + distances);
  for (let at = 0; at < lengths.length; ) {
    const symbol = takeSymbol(bits, code);
    if (symbol < 16) lengths[at++] = symbol;
    else {
      const value = symbol === 16 ? (lengths[at - 1] ?? 0) : 0;
      const times = symbol === 18 ? 11 + take(bits, 7) : 3 + take(bits, symbol - 14);
      lengths.fill(value, at, at + times);
      at += times;
    }
  }
  return [codeOf(lengths.subarray(0, literals)), codeOf(lengths.subarray(literals))];
}

/** Copies a stored block, which starts at the next whole byte. Returns where the output ends. */
function copyStored(bits: Bits, target: Uint8Array, start: number): number {
  take(bits, bits.count & 7);
  const length = take(bits, 16);
  if ((take(bits, 16) ^ 0xffff) !== length) throw new RangeError("DEFLATE data is damaged");
  for (let at = start; at < start + length; at++) target[at] = take(bits, 8);
  return start + length;
}

/** Symbols 257 to 285: lengths 3 to 258. */
function copyLength(bits: Bits, symbol: number): number {
  const step = symbol - 257;
  if (step < 8) return step + 3;
  if (step === 28) return 258;
  const extra = (step >> 2) - 1;
  return ((4 + (step & 3)) << extra) + 3 + take(bits, extra);
}

/** Symbols 0 to 29: distances 1 to 32,768. */
function copyDistance(bits: Bits, symbol: number): number {
  if (symbol < 2) return symbol + 1;
  const extra = (symbol >> 1) - 1;
  return ((2 + (symbol & 1)) << extra) + 1 + take(bits, extra);
}

/** Undoes one compressed block. Returns where the output ends. */
function inflateBlock(
  bits: Bits,
  [literals, distances]: readonly [HuffmanCode, HuffmanCode],
  target: Uint8Array,
  start: number,
): number {
  const { source } = bits;
  const { short } = literals;
  let at = start;
  for (;;) {
    let { held, count, at: next } = bits;
    let symbol = 0;
    // Literals, until something else comes; at most 15 + 8 bits are held.
    for (;;) {
      while (count < LONGEST_WORD) {
        held |= (source[next++] as number) << count;
        count += 8;
      }
      const entry = short[held & SHORT_MASK] || longEntry(literals, held);
      held >>>= entry & 15;
      count -= entry & 15;
      symbol = entry >> 4;
      if (symbol >= END_OF_BLOCK || at >= target.length) break;
      target[at++] = symbol;
    }
    bits.held = held;
    bits.count = count;
    bits.at = next;
    if (symbol === END_OF_BLOCK) return at;
    if (next > source.length + 2) throw new RangeError("DEFLATE data ends early");
    const length = symbol < END_OF_BLOCK ? 1 : copyLength(bits, symbol);
    if (at + length > target.length) {
      throw new RangeError(`DEFLATE data of more than ${target.length} bytes`);
    }
    const from = at - copyDistance(bits, takeSymbol(bits, distances));
    if (from < 0) throw new RangeError("DEFLATE data copies from before its start");
    // Byte by byte where the source runs into what is being written.
    if (from + length <= at) target.copyWithin(at, from, from + length);
    else for (let i = 0; i < length; i++) target[at + i] = target[from + i] as number;
    at += length;
  }
}

/** The `length` bytes that raw DEFLATE data stands for. @throws RangeError if the data is damaged or of another length. */
export function inflate(source: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const bits: Bits = { source, at: 0, held: 0, count: 0 };
  const target = new Uint8Array(length);
  let at = 0;
  for (let last = 0; last === 0; ) {
    last = take(bits, 1);
    const kind = take(bits, 2);
    if (kind === 3) throw new RangeError("DEFLATE data with a block of no kind");
    if (kind === 0) at = copyStored(bits, target, at);
    else at = inflateBlock(bits, kind === 1 ? fixedCodes() : dynamicCodes(bits), target, at);
    if (bits.at > source.length + 2) throw new RangeError("DEFLATE data ends early");
  }
  if (at !== length) throw new RangeError(`DEFLATE data of ${at} bytes, not ${length}`);
  return target;
}
