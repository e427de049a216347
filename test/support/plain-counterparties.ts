// Counterparties gone through one by one, every one of them tried: what the tree of bounds must not be told apart from by anything but its
// speed. Put in the place of `Counterparties.prototype.next` by tests.
import type { Counterparties, Offer, Taker } from "../../src/engine/liquidation/counterparties.ts";

/** The next who holds anything at all. */
export function plainNext(this: Counterparties, from: number, offer: Offer): Taker | undefined {
  const { state, market, side, candidates } = this;
  for (let place = from; place < candidates.length; place++) {
    const candidate = candidates[place];
    if (candidate === undefined || candidate.account === offer.account) continue;
    this.visits++;
    const position = state.findPosition(candidate.account, market, side);
    if (position === undefined) continue;
    const size = Math.min(Math.abs(state.kernel.quantity(position.leg)), offer.remaining);
    return { place, candidate, position, size, worth: offer.worth(size) };
  }
  return undefined;
}
