// Names as they stand in the file's bytes, numbered 0, 1, 2 ... in order of adding. A million rows name their
// account each; hashing the bytes in place spares a million strings. Open addressing, at most half full.

const INITIAL_SLOTS = 1024;
const INITIAL_BYTES = 16 * 1024;

export class ByteIndex {
  #size = 0;
  /** Entry + 1 per slot; 0: free. */
  #slots = new Int32Array(INITIAL_SLOTS);
  #hashes = new Int32Array(INITIAL_SLOTS / 2);
  /** Entry i is `#bytes[#starts[i] .. #starts[i + 1])`. */
  #starts = new Float64Array(INITIAL_SLOTS / 2 + 1);
  #bytes = new Uint8Array(INITIAL_BYTES);
  #last = -1;
  readonly #ordered: boolean;

  /** `ordered`: lookups mostly repeat the last name or ask for the one added after it; those are tried first. */
  constructor(ordered: boolean) {
    this.#ordered = ordered;
  }

  get size(): number {
    return this.#size;
  }

  /** Entry of the name, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const last = this.#last;
    if (this.#ordered && last >= 0) {
      if (this.#equals(last, bytes, start, end)) return last;
      if (last + 1 < this.#size && this.#equals(last + 1, bytes, start, end)) {
        this.#last = last + 1;
        return last + 1;
      }
    }
    const hash = hashOf(bytes, start, end);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) return -1;
      if (this.#hashes[entry] === hash && this.#equals(entry, bytes, start, end)) {
        this.#last = entry;
        return entry;
      }
    }
  }

  /** Adds a name that is not there yet; returns its entry. */
  add(bytes: Uint8Array, start: number, end: number): number {
    if (this.#size === this.#hashes.length) this.#grow();
    const entry = this.#size++;
    const from = this.#starts[entry] as number;
    const to = from + end - start;
    if (to > this.#bytes.length) this.#bytes = copyInto(new Uint8Array(2 * to), this.#bytes);
    for (let at = start; at < end; at++) this.#bytes[from + at - start] = bytes[at] as number;
    this.#starts[entry + 1] = to;
    const hash = hashOf(bytes, start, end);
    this.#hashes[entry] = hash;
    this.#place(entry, hash);
    this.#last = entry;
    return entry;
  }

  #equals(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[entry] as number;
    const length = end - start;
    if ((this.#starts[entry + 1] as number) - from !== length) return false;
    const own = this.#bytes;
    // From the end: names often share their beginning.
    for (let at = length - 1; at >= 0; at--) {
      if (own[from + at] !== bytes[start + at]) return false;
    }
    return true;
  }

  #place(entry: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #grow(): void {
    const capacity = this.#hashes.length * 2;
    this.#hashes = copyInto(new Int32Array(capacity), this.#hashes);
    this.#starts = copyInto(new Float64Array(capacity + 1), this.#starts);
    this.#slots = new Int32Array(capacity * 2);
    for (let entry = 0; entry < this.#size; entry++) {
      this.#place(entry, this.#hashes[entry] as number);
    }
  }
}

/** Four bytes a step, multiplied and folded as Murmur's hashes do; slots are taken from the low bits. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    const high = ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    hash = Math.imul(hash ^ low ^ high, 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) {
    hash = Math.imul(hash ^ (bytes[at] as number), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  return hash;
}

function copyInto<T extends Uint8Array | Int32Array | Float64Array>(target: T, source: T): T {
  target.set(source);
  return target;
}
