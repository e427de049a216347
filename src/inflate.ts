// Raw DEFLATE (RFC 1951) undone in one call, for the embedded kernel. DecompressionStream does the same but only behind a promise,
// and a constructor cannot wait for one. Takes some 5 ms for the kernel in a cold program, once.

/** A canonical Huffman code. */
interface HuffmanCode {
  /** By the next 9 bits, first one lowest: symbol << 4 | length of its word; 0 if the word is longer. */
  readonly short: Uint16Array;
  /** Symbols in the order of their words, and how many words each length has. */
  readonly symbols: Uint16Array;
  readonly counts: Uint16Array;
}

const LONGEST_WORD = 15;
const SHORT_BITS = 9;
/** In this order a block lists the lengths of the code that its code lengths are written in. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;

function codeOf(lengths: Uint8Array): HuffmanCode {
  const counts = new Uint16Array(LONGEST_WORD + 1);
  const symbols = new Uint16Array(lengths.length);
  const short = new Uint16Array(1 << SHORT_BITS);
  let [word, at] = [0, 0];
  for (let length = 1; length <= LONGEST_WORD; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      symbols[at++] = symbol;
      counts[length] = (counts[length] as number) + 1;
      const bits = reversed(word++, length);
      if (length > SHORT_BITS) continue;
      const entry = (symbol << 4) | length;
      for (let i = bits; i < short.length; i += 1 << length) short[i] = entry;
    }
    word <<= 1;
  }
  return { short, symbols, counts };
}

/** Code words arrive with their highest bit first. */
function reversed(word: number, length: number): number {
  let bits = 0;
  for (let i = 0; i < length; i++) bits |= ((word >> i) & 1) << (length - 1 - i);
  return bits;
}

class BitReader {
  readonly #source: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;

  constructor(source: Uint8Array) {
    this.#source = source;
  }

  /** The next bits, first one lowest; at most 16. */
  bits(count: number): number {
    this.#hold(count);
    const value = this.#held & ((1 << count) - 1);
    this.#drop(count);
    return value;
  }

  symbol({ short, symbols, counts }: HuffmanCode): number {
    this.#hold(LONGEST_WORD);
    const known = short[this.#held & ((1 << SHORT_BITS) - 1)] as number;
    if (known !== 0) {
      this.#drop(known & 15);
      return known >> 4;
    }
    let [word, first, index] = [0, 0, 0];
    for (let length = 1; length <= LONGEST_WORD; length++) {
      word |= (this.#held >> (length - 1)) & 1;
      const count = counts[length] as number;
      if (word - first < count) {
        this.#drop(length);
        return symbols[index + word - first] as number;
      }
      index += count;
      first = (first + count) << 1;
      word <<= 1;
    }
    throw new RangeError("DEFLATE data with a word outside its code");
  }

  /** Length of the stored block that starts at the next whole byte. */
  storedLength(): number {
    this.#drop(this.#count & 7);
    const length = this.bits(16);
    if ((this.bits(16) ^ 0xffff) !== length) throw new RangeError("DEFLATE data is damaged");
    return length;
  }

  /** Reads up to two bytes more than are dropped, so zeros stand behind the end; at most 15 + 8 bits are held. */
  #hold(count: number): void {
    while (this.#count < count) {
      if (this.#at > this.#source.length + 2) throw new RangeError("DEFLATE data ends early");
      this.#held |= (this.#source[this.#at++] ?? 0) << this.#count;
      this.#count += 8;
    }
  }

  #drop(count: number): void {
    this.#held >>>= count;
    this.#count -= count;
  }
}

function fixedCodes(): HuffmanCode[] {
  const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  return [codeOf(lengths), codeOf(new Uint8Array(30).fill(5))];
}

function dynamicCodes(reader: BitReader): HuffmanCode[] {
  const literals = reader.bits(5) + 257;
  const distances = reader.bits(5) + 1;
  const listed = reader.bits(4) + 4;
  const order = new Uint8Array(19);
  for (const symbol of LENGTH_ORDER.slice(0, listed)) order[symbol] = reader.bits(3);
  const code = codeOf(order);
  const lengths = new Uint8Array(literals + distances);
  for (let at = 0; at < lengths.length; ) {
    const symbol = reader.symbol(code);
    if (symbol < 16) lengths[at++] = symbol;
    else {
      const value = symbol === 16 ? (lengths[at - 1] ?? 0) : 0;
      const times = symbol === 18 ? 11 + reader.bits(7) : 3 + reader.bits(symbol - 14);
      lengths.fill(value, at, at + times);
      at += times;
    }
  }
  return [codeOf(lengths.subarray(0, literals)), codeOf(lengths.subarray(literals))];
}

/** Symbols 257 to 285: lengths 3 to 258. */
function copyLength(reader: BitReader, symbol: number): number {
  const step = symbol - 257;
  if (step < 8) return step + 3;
  if (step === 28) return 258;
  const extra = (step >> 2) - 1;
  return ((4 + (step & 3)) << extra) + 3 + reader.bits(extra);
}

/** Symbols 0 to 29: distances 1 to 32,768. */
function copyDistance(reader: BitReader, symbol: number): number {
  if (symbol < 2) return symbol + 1;
  const extra = (symbol >> 1) - 1;
  return ((2 + (symbol & 1)) << extra) + 1 + reader.bits(extra);
}

/** The `length` bytes that raw DEFLATE data stands for. @throws RangeError if the data is damaged or of another length. */
export function inflate(source: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const reader = new BitReader(source);
  const target = new Uint8Array(length);
  let at = 0;
  for (let last = 0; last === 0; ) {
    last = reader.bits(1);
    const kind = reader.bits(2);
    if (kind === 3) throw new RangeError("DEFLATE data with a block of no kind");
    if (kind === 0) {
      for (let left = reader.storedLength(); left > 0; left--) target[at++] = reader.bits(8);
      continue;
    }
    const [literals, distances] = kind === 1 ? fixedCodes() : dynamicCodes(reader);
    at = inflateBlock(reader, literals as HuffmanCode, distances as HuffmanCode, target, at);
  }
  if (at !== length) throw new RangeError(`DEFLATE data of ${at} bytes, not ${length}`);
  return target;
}

function inflateBlock(
  reader: BitReader,
  literals: HuffmanCode,
  distances: HuffmanCode,
  target: Uint8Array,
  start: number,
): number {
  let at = start;
  for (;;) {
    const symbol = reader.symbol(literals);
    if (symbol === END_OF_BLOCK) return at;
    if (symbol < END_OF_BLOCK) target[at++] = symbol;
    else {
      const length = copyLength(reader, symbol);
      const from = at - copyDistance(reader, reader.symbol(distances));
      if (from < 0) throw new RangeError("DEFLATE data copies from before its start");
      // Byte by byte where the source runs into what is being written.
      if (from + length <= at) target.copyWithin(at, from, from + length);
      else for (let i = 0; i < length; i++) target[at + i] = target[from + i] as number;
      at += length;
    }
    if (at > target.length)
      throw new RangeError(`DEFLATE data of more than ${target.length} bytes`);
  }
}
