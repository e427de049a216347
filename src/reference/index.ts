// The BigInt twin of the kernel: the same figures and searches on plain data, written to be obviously
// right and to share no arithmetic with it. Slow; use it to check, not to serve.

export {
  type FundedGroup,
  type FundingGroup,
  type FundingOutcome,
  type ReferenceFundingOptions,
  referenceFunding,
} from "./funding.ts";
export { maxPriceOf, referenceLegFigures } from "./leg.ts";
export { referencePoolFigures } from "./pool.ts";
export {
  referenceBankruptcyPrice,
  referenceJointShock,
  referenceLiquidationPrice,
  referenceShockBeside,
  type SearchEffort,
} from "./search.ts";
