// The book generator (`underkeel/generate`): seeded, streaming, for tests, benchmarks and first steps without a book of one's own.
export { type BracketMarkets, marketsFromBrackets } from "./bracket-markets.ts";
export { type GenerateOptions, generateBook } from "./population.ts";
export { type PricedMarket, type StandardMoment, standardMarkets } from "./standard-markets.ts";
export { generateTape, type TapeOptions, type TapeRow, tapeText } from "./tape.ts";
