// Account indices by id: a hash table of integers beside the array of ids. A Map of half a million ids costs as much to fill as
// reading their file, for it keeps an object's worth of links per entry; here an entry is eight bytes and a compare of
// hashes stands before every compare of text. Linear probing, at most half full; removal closes the gap.
import type { ColumnReader, ColumnWriter } from "../snapshot/columns.ts";

const INITIAL_SLOTS = 128;

/** FNV-1a over the UTF-16 units, its high bits folded into the low ones that choose the slot. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return hash ^ (hash >>> 15);
}

export class IdIndex {
  /** Shared with the owner: the id of each entry. */
  readonly #ids: readonly (string | undefined)[];
  /** Entry + 1; 0: free. Its length is a power of two. */
  #slots: Int32Array = new Int32Array(INITIAL_SLOTS);
  /** Hash by entry. */
  #hashes: Int32Array = new Int32Array(INITIAL_SLOTS / 2);
  #size = 0;

  constructor(ids: readonly (string | undefined)[]) {
    this.#ids = ids;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#slots.byteLength + this.#hashes.byteLength;
  }

  /** Entry of the id, or -1. */
  find(id: string): number {
    const hash = hashOf(id);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) return -1;
      if (this.#hashes[entry] === hash && this.#ids[entry] === id) return entry;
    }
  }

  /** `entry` of the owner's ids now is `id`, which is not in the index; entries are dense, so that a column holds them. */
  add(entry: number, id: string): void {
    if (entry >= this.#hashes.length || 2 * this.#size >= this.#slots.length) this.#grow();
    const hash = hashOf(id);
    this.#hashes[entry] = hash;
    this.#place(entry, hash);
    this.#size++;
  }

  /** Removes an entry that is in the index. */
  remove(entry: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let gap = (this.#hashes[entry] as number) & mask;
    while (slots[gap] !== entry + 1) gap = (gap + 1) & mask;
    // What stands behind the gap moves into it, unless its home lies between the gap and itself.
    for (let slot = (gap + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (this.#hashes[(slots[slot] as number) - 1] as number) & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      slots[gap] = slots[slot] as number;
      gap = slot;
    }
    slots[gap] = 0;
    this.#size--;
  }

  save(into: ColumnWriter): void {
    into.column("ids.slots", this.#slots);
    into.column("ids.hashes", this.#hashes);
    into.json("ids.size", this.#size);
  }

  /** The owner's ids are in place. */
  load(from: ColumnReader): void {
    this.#slots = from.int32("ids.slots");
    this.#hashes = from.int32("ids.hashes");
    this.#size = from.json("ids.size");
  }

  #place(entry: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #grow(): void {
    const before = this.#slots;
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#slots = new Int32Array(before.length * 2);
    // A free entry may be below the size; only those in the table move on.
    for (const held of before) if (held !== 0) this.#place(held - 1, hashes[held - 1] as number);
  }
}
