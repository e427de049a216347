// What a status of the kernel means to a caller: the one place where negative numbers become errors.
import { RiskError } from "./errors.ts";
import * as layout from "./layout.ts";

/** What a handle is, for messages. */
export type RecordKind = "pool" | "leg" | "price slot" | "table" | "stop";

/** The error that a status stands for; `handle` is what the call was about. */
export function kernelFailure(
  status: number,
  kind: RecordKind,
  handle: number,
  memoryBytes: number,
): Error {
  const path = `${kind} ${handle}`;
  switch (status) {
    case layout.STATUS_CAPACITY:
      return new RiskError("CAPACITY", "the kernel's memory or a table of it is full", {
        value: `${memoryBytes} bytes held`,
        hint: "nothing was changed; remove records or raise memoryLimitBytes (at most 4 GiB)",
      });
    case layout.STATUS_NO_RECORD:
      return new RangeError(`no live ${kind} has the handle ${handle}`);
    case layout.STATUS_RANGE:
      return new RiskError("VALUE_OUT_OF_RANGE", "a figure does not fit a 64-bit amount", { path });
    case layout.STATUS_NO_MARK:
      return new RiskError("NO_MARK", "a price that is needed was never set", { path });
    case layout.STATUS_IN_USE:
      return new RiskError("BAD_VALUE", `the ${kind} is in use`, { value: handle });
    case layout.STATUS_BELOW_INITIAL:
      return new RiskError(
        "BELOW_INITIAL_MARGIN",
        "equity would be below the initial margin and the reserve",
        { path },
      );
    case layout.STATUS_LIQUIDATABLE:
      return new RiskError("WOULD_LIQUIDATE", "the pool would be liquidatable", { path });
    default:
      return new RiskError("INTERNAL", "unknown status of the kernel", { value: status });
  }
}
