// The kernel's checksum in JavaScript, for what is not in the kernel's memory: the head of a snapshot and its columns. Twin of
// assembly/checksum.ts: 32 lanes, each of which takes in every 32nd word by a step that can be undone.

/** What is summed is a multiple of it: whoever has less pads with zeros. */
export const STRIPE_BYTES = 128;

const LANES: number = STRIPE_BYTES / 4;
const PRIME = -1640531535;
const MIX = -2048144777;

function rotate13(word: number): number {
  return (word << 13) | (word >>> 19);
}

/** Of whole stripes, 0 to 2^32 - 1. */
export function checksum(words: Int32Array): number {
  const lanes = Int32Array.from({ length: LANES }, (_, lane) => lane + 1);
  for (let at = 0; at < words.length; at += LANES) {
    for (let lane = 0; lane < LANES; lane++) {
      const mixed = (lanes[lane] as number) ^ (words[at + lane] as number);
      lanes[lane] = Math.imul(rotate13(mixed), PRIME);
    }
  }
  let sum = words.byteLength | 0;
  for (const lane of lanes) sum = Math.imul(rotate13(sum ^ lane), MIX);
  return (sum ^ (sum >>> 16)) >>> 0;
}
