// Price tapes: bars and funding rates in CSV files, matched with the markets of a book and turned into ticks.
export { type Bar, type BarGroup, BarReader } from "./bars.ts";
export { type FundingGroup, FundingReader } from "./funding.ts";
export { groupsOf, mergeByTime } from "./merge.ts";
export { EXTREME_ORDERS, type ExtremeOrder, STAGES, type Stage, stagePrice } from "./stages.ts";
export {
  openBars,
  readFunding,
  surveyTapes,
  type TapeColumn,
  type TapeSource,
  type TapeSurvey,
} from "./survey.ts";
export { SymbolMap, type TapeMarket } from "./symbols.ts";
export { TapeError } from "./tape-error.ts";
