// The first reading of tapes: everything is checked before anything is replayed, and what they hold is told: how many bars, from when to
// when, of which markets, what they do not know. Independent of where the bytes come from.
import type { BookProblem } from "../book/book-error.ts";
import { type BarGroup, BarReader, type TimedReader } from "./bars.ts";
import { type FundingGroup, FundingReader } from "./funding.ts";
import { groupsOf } from "./merge.ts";
import type { SymbolMap, TapeMarket } from "./symbols.ts";
import { TapeError } from "./tape-error.ts";

/** A tape's name for messages, and its bytes from the start each time. */
export interface TapeSource {
  readonly name: string;
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

/** What one market has on one tape. */
export interface TapeColumn {
  readonly market: TapeMarket;
  /** As the tape names it. */
  readonly name: string;
  readonly bars: number;
  readonly firstTime: number;
  readonly lastTime: number;
  /** Open of the first bar, in price units. */
  readonly firstOpen: number;
}

export interface TapeSurvey {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly TapeColumn[];
  /** Rows by symbols that the book does not know. */
  readonly unknown: ReadonlyMap<string, number>;
  /** null where no row is of a market of the book. */
  readonly firstTime: number | null;
  readonly lastTime: number | null;
}

class Survey {
  readonly columns = new Map<
    TapeMarket,
    { -readonly [Key in keyof TapeColumn]: TapeColumn[Key] }
  >();

  add({ time, bars }: BarGroup, names: ReadonlyMap<TapeMarket, string>): void {
    for (const { market, open } of bars) {
      const column = this.columns.get(market);
      if (column !== undefined) {
        column.bars += 1;
        column.lastTime = time;
        continue;
      }
      this.columns.set(market, {
        market,
        name: names.get(market) ?? market.symbol,
        bars: 1,
        firstTime: time,
        lastTime: time,
        firstOpen: open,
      });
    }
  }
}

function summarize(name: string, reader: BarReader, survey: Survey): TapeSurvey {
  const columns = [...survey.columns.values()];
  const empty = columns.length === 0;
  return {
    name,
    rows: reader.rows,
    columns,
    unknown: reader.unknown,
    firstTime: empty ? null : Math.min(...columns.map(({ firstTime }) => firstTime)),
    lastTime: empty ? null : Math.max(...columns.map(({ lastTime }) => lastTime)),
  };
}

/** Groups that hold something; unknown symbols make empty ones. */
async function* bars(source: TapeSource, reader: BarReader): AsyncGenerator<BarGroup, void> {
  for await (const group of groupsOf(source.bytes(), reader)) {
    if (group.bars.length > 0) yield group;
  }
}

/** A market may stand on several tapes one after the other (a file a day), never on two at once. */
function refuseOverlaps(surveys: readonly TapeSurvey[], problems: BookProblem[]): void {
  const seen = new Map<TapeMarket, { readonly tape: string; readonly column: TapeColumn }[]>();
  for (const { name, columns } of surveys) {
    for (const column of columns) {
      const others = seen.get(column.market) ?? [];
      for (const { tape, column: other } of others) {
        if (column.firstTime > other.lastTime || column.lastTime < other.firstTime) continue;
        problems.push({
          code: "DUPLICATE_SYMBOL",
          file: name,
          line: 0,
          column: 0,
          path: column.name,
          value: undefined,
          message: `has prices of ${column.market.symbol} at times that ${tape} has, too`,
        });
      }
      seen.set(column.market, [...others, { tape: name, column }]);
    }
  }
}

/**
 * Reads every tape to its end.
 *
 * @throws TapeError with every bad row of all of them; RiskError MISSING_COLUMN, BAD_FILE
 */
export async function surveyTapes(
  sources: readonly TapeSource[],
  symbols: SymbolMap,
): Promise<TapeSurvey[]> {
  const problems: BookProblem[] = [];
  const surveys: TapeSurvey[] = [];
  for (const source of sources) {
    const reader = new BarReader(source.name, symbols);
    const survey = new Survey();
    for await (const group of bars(source, reader)) survey.add(group, reader.names);
    problems.push(...reader.problems.problems);
    surveys.push(summarize(source.name, reader, survey));
  }
  refuseOverlaps(surveys, problems);
  if (problems.length > 0) throw new TapeError(problems);
  return surveys;
}

/** The groups of a tape that was surveyed. */
export function openBars(source: TapeSource, symbols: SymbolMap): AsyncGenerator<BarGroup, void> {
  return trusted(source, new BarReader(source.name, symbols), bars);
}

async function* trusted<Group, Reader extends TimedReader<Group & { readonly time: number }>>(
  source: TapeSource,
  reader: Reader,
  groups: (source: TapeSource, reader: Reader) => AsyncGenerator<Group, void>,
): AsyncGenerator<Group, void> {
  for await (const group of groups(source, reader)) {
    // Only where the file is another one by now.
    if (reader.problems.found) throw new TapeError(reader.problems.problems);
    yield group;
  }
  if (reader.problems.found) throw new TapeError(reader.problems.problems);
}

/**
 * Funding tapes whole: they have a row per market and hours.
 *
 * @throws TapeError with every bad row
 */
export async function readFunding(
  sources: readonly TapeSource[],
  symbols: SymbolMap,
): Promise<{ readonly groups: FundingGroup[]; readonly unknown: ReadonlyMap<string, number> }> {
  const problems: BookProblem[] = [];
  const unknown = new Map<string, number>();
  const groups: FundingGroup[] = [];
  for (const source of sources) {
    const reader = new FundingReader(source.name, symbols);
    for await (const group of groupsOf(source.bytes(), reader)) {
      if (group.rates.size > 0) groups.push(group);
    }
    problems.push(...reader.problems.problems);
    for (const [symbol, rows] of reader.unknown) {
      unknown.set(symbol, (unknown.get(symbol) ?? 0) + rows);
    }
  }
  if (problems.length > 0) throw new TapeError(problems);
  groups.sort((a, b) => a.time - b.time);
  return { groups, unknown };
}
