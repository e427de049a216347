// A kernel's memory as it stands, out and in: all records, the screen and the triggers, without those blocks that are all zeros. An image goes
// into a fresh kernel of the same sources (release or debug) and nowhere else; snapshots see to that.
import { RiskError } from "./errors.ts";
import { KernelStress } from "./kernel-stress.ts";
import * as layout from "./layout.ts";

/** What is left out where it is all zeros. A run of blocks that are not has one checksum, of at most MAX_RUN blocks. */
const BLOCK_BYTES = 4_096;
const MAX_RUN = 4_096;
const PAGE_BYTES = 65_536;
/** Static data below belongs to the build. */
const FIRST_BLOCK: number = layout.HEADER / BLOCK_BYTES;

/** Runs of blocks, each as its first block, number of blocks and checksum; and the blocks themselves, one after the other. */
export interface KernelImage {
  readonly pages: number;
  readonly runs: Float64Array;
  readonly blocks: Uint8Array;
}

/** A Kernel whose memory can be put away and taken up again. */
export class KernelImages extends KernelStress {
  /** A copy of everything in memory. */
  image(): KernelImage {
    const views = this.current();
    const pages = views.header(layout.HEADER_PAGES_USED);
    const runs: number[] = [];
    const end = (pages * PAGE_BYTES) / BLOCK_BYTES;
    let total = 0;
    for (let block = FIRST_BLOCK; block < end; block++) {
      if (isBlank(views.u32, block)) continue;
      const first = block;
      while (block < end && block - first < MAX_RUN && !isBlank(views.u32, block)) block++;
      const blocks = block - first;
      runs.push(first, blocks, this.#sum(first, blocks));
      total += blocks;
      block--;
    }
    return { pages, runs: Float64Array.from(runs), blocks: copyRuns(views.u8, runs, total) };
  }

  /**
   * Becomes what the image was taken of, under this kernel's own memory limit. Only of a fresh kernel; one that refuses holds anything
   * and must not be used.
   *
   * @throws RangeError for a kernel that has held a price or a pool; RiskError CAPACITY where the limit is too low, BAD_SNAPSHOT for a wrong
   * checksum
   */
  loadImage({ pages, runs, blocks }: KernelImage): void {
    const views = this.current();
    const held = views.header(layout.HEADER_TOP_PRICE) + views.header(layout.HEADER_TOP_POOL);
    if (held > 0) throw new RangeError("an image goes into a fresh kernel only");
    const limit = views.header(layout.HEADER_PAGE_LIMIT);
    this.#growTo(pages, limit);
    const { u8, u32 } = this.current();
    let from = 0;
    for (let at = 0; at < runs.length; at += 3) {
      const first = runs[at] as number;
      const bytes = (runs[at + 1] as number) * BLOCK_BYTES;
      u8.set(blocks.subarray(from, from + bytes), first * BLOCK_BYTES);
      from += bytes;
      if (this.#sum(first, runs[at + 1] as number) !== runs[at + 2]) {
        const message = "the snapshot is damaged: the kernel's memory";
        throw new RiskError("BAD_SNAPSHOT", message, { value: `block ${first}` });
      }
    }
    u32[layout.HEADER_PAGE_LIMIT / 4] = limit;
  }

  #sum(first: number, blocks: number): number {
    return this.exports.checksum(first * BLOCK_BYTES, blocks * BLOCK_BYTES) >>> 0;
  }

  #growTo(pages: number, limit: number): void {
    const missing = pages - this.views.byteLength / PAGE_BYTES;
    try {
      if (pages > limit) throw new RangeError("beyond the limit");
      if (missing > 0) this.exports.memory.grow(missing);
    } catch (cause) {
      const value = `${pages * PAGE_BYTES} bytes`;
      const hint = `the kernel may take ${limit * PAGE_BYTES} bytes`;
      throw new RiskError("CAPACITY", "the snapshot does not fit", { value, hint, cause });
    }
    this.views.refresh();
  }
}

function isBlank(words: Uint32Array, block: number): boolean {
  const end = ((block + 1) * BLOCK_BYTES) / 4;
  for (let at = (block * BLOCK_BYTES) / 4; at < end; at++) if (words[at] !== 0) return false;
  return true;
}

function copyRuns(memory: Uint8Array, runs: readonly number[], blocks: number): Uint8Array {
  const copy = new Uint8Array(blocks * BLOCK_BYTES);
  let to = 0;
  for (let at = 0; at < runs.length; at += 3) {
    const from = (runs[at] as number) * BLOCK_BYTES;
    const bytes = (runs[at + 1] as number) * BLOCK_BYTES;
    copy.set(memory.subarray(from, from + bytes), to);
    to += bytes;
  }
  return copy;
}
