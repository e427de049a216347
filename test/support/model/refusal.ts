// How a command of the model says no: by the code that the engine's RiskError carries, and by nothing else. No Error: limits are
// searched for by the thousand, and a stack for each would take longer than the model.
import type { RiskErrorCode } from "../../../src/errors.ts";

export class Refusal {
  readonly code: RiskErrorCode;

  constructor(code: RiskErrorCode) {
    this.code = code;
  }
}

export function refuse(code: RiskErrorCode): never {
  throw new Refusal(code);
}

/** States a rule: refuses with the code unless it holds. */
export function must(holds: boolean, code: RiskErrorCode): void {
  if (!holds) refuse(code);
}
