// Checksum of a stretch of memory, for snapshots: 32 lanes of 32 bits, eight vectors at a time, so that it runs at the speed of memory. A lane
// takes in a word by a step that can be undone, so a fault within one word is always found; src/snapshot/checksum.ts is its twin.

const STRIPE: usize = 128;
const PRIME: i32 = -1640531535;
const MIX: i32 = -2048144777;

class Lane {
  @inline static step(lane: v128, at: usize, offset: usize): v128 {
    const mixed = v128.xor(lane, v128.load(at + offset));
    const turned = v128.or(i32x4.shl(mixed, 13), i32x4.shr_u(mixed, 19));
    return i32x4.mul(turned, i32x4.splat(PRIME));
  }
}

/** Of `bytes` bytes, a multiple of 128, from `start` on. */
export function checksum(start: usize, bytes: u32): u32 {
  let a = i32x4(1, 2, 3, 4);
  let b = i32x4(5, 6, 7, 8);
  let c = i32x4(9, 10, 11, 12);
  let d = i32x4(13, 14, 15, 16);
  let e = i32x4(17, 18, 19, 20);
  let f = i32x4(21, 22, 23, 24);
  let g = i32x4(25, 26, 27, 28);
  let h = i32x4(29, 30, 31, 32);
  const end = start + <usize>bytes;
  for (let at = start; at < end; at += STRIPE) {
    a = Lane.step(a, at, 0);
    b = Lane.step(b, at, 16);
    c = Lane.step(c, at, 32);
    d = Lane.step(d, at, 48);
    e = Lane.step(e, at, 64);
    f = Lane.step(f, at, 80);
    g = Lane.step(g, at, 96);
    h = Lane.step(h, at, 112);
  }
  let sum = fold(bytes, a);
  sum = fold(sum, b);
  sum = fold(sum, c);
  sum = fold(sum, d);
  sum = fold(sum, e);
  sum = fold(sum, f);
  sum = fold(sum, g);
  sum = fold(sum, h);
  return sum ^ (sum >> 16);
}

/** Each of these steps can be undone too: the sum tells two lanes apart that differ in one. */
function fold(sum: u32, lane: v128): u32 {
  sum = rotl<u32>(sum ^ <u32>i32x4.extract_lane(lane, 0), 13) * <u32>MIX;
  sum = rotl<u32>(sum ^ <u32>i32x4.extract_lane(lane, 1), 13) * <u32>MIX;
  sum = rotl<u32>(sum ^ <u32>i32x4.extract_lane(lane, 2), 13) * <u32>MIX;
  return rotl<u32>(sum ^ <u32>i32x4.extract_lane(lane, 3), 13) * <u32>MIX;
}
