// What the page holds: one account as a book document, exactly as typed, and what of it is looked at. Every edit is a function from
// one state to the next; nothing here computes a figure or knows the document object model.
import type { PricedMarket } from "../../src/generate/standard-markets.ts";
import type {
  AccountDefinition,
  BookDocument,
  MarketDefinition,
  PositionDefinition,
  PositionSide,
  Profile,
  StopDefinition,
} from "../../src/types.ts";

/** What the joint slider moves: every market against the account, or every price by the same share. */
export type Direction = "against" | "together";

/** Where the sliders stand and what is picked out. */
export interface CheckView {
  /** Prices tried by symbol, as decimal text; markets that are absent stand at their marks. */
  readonly trial: Readonly<Record<string, string>>;
  /** Joint move on top, in hundredths of a per cent. */
  readonly jointBp: number;
  readonly direction: Direction;
  /** Index of the position whose chart is shown. */
  readonly selected: number;
}

export interface CheckState {
  readonly book: BookDocument;
  readonly view: CheckView;
}

export const STILL: CheckView = { trial: {}, jointBp: 0, direction: "against", selected: 0 };
/** Ends of the sliders, in hundredths of a per cent. */
export const SLIDER_END_BP = 6000;

/** The account that the page is about. */
export function accountOf(book: BookDocument): AccountDefinition {
  return book.accounts[0] ?? { id: "account" };
}

export function positionsOf(book: BookDocument): readonly PositionDefinition[] {
  return accountOf(book).positions ?? [];
}

export function stopsOf(book: BookDocument): readonly StopDefinition[] {
  return accountOf(book).stops ?? [];
}

function withAccount(state: CheckState, change: Partial<AccountDefinition>): CheckState {
  const account = { ...accountOf(state.book), ...change };
  return { ...state, book: { ...state.book, accounts: [account] } };
}

function without<Key extends string, Value>(
  record: Readonly<Record<Key, Value>>,
  key: Key,
): Record<Key, Value> {
  const { [key]: _gone, ...rest } = record;
  return rest as Record<Key, Value>;
}

/** Fields whose text is empty are absent, so that the engine takes its default for them. */
function withFields<Row extends object>(row: Row, fields: Readonly<Record<string, unknown>>): Row {
  const kept = Object.entries({ ...row, ...fields }).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return Object.fromEntries(kept) as Row;
}

function replaced<Row>(rows: readonly Row[], index: number, row: Row): Row[] {
  return rows.map((old, at) => (at === index ? row : old));
}

export function setProfile(state: CheckState, profile: Profile): CheckState {
  return { ...state, book: { ...state.book, profile } };
}

export function setHedged(state: CheckState, hedged: boolean): CheckState {
  return withAccount(state, { hedged });
}

export function setWallet(state: CheckState, asset: string, amount: string): CheckState {
  return withAccount(state, {
    balances: { ...accountOf(state.book).balances, [asset]: amount },
  });
}

/** A new mark; a price tried for the market before meant the old one. */
export function setMark(state: CheckState, symbol: string, mark: string): CheckState {
  const trial = without(state.view.trial, symbol);
  const marks = { ...state.book.marks, [symbol]: mark };
  return { book: { ...state.book, marks }, view: { ...state.view, trial } };
}

export type PositionFields = Partial<
  Record<"contracts" | "entryPrice" | "leverage" | "isolatedMargin", string>
>;

/** New text in fields of a position; "" of an optional one takes it away. */
export function editPosition(state: CheckState, index: number, fields: PositionFields): CheckState {
  const positions = positionsOf(state.book);
  const position = positions[index];
  if (position === undefined) return state;
  const leverage = fields.leverage === "" ? { leverage: undefined } : {};
  // An entry notional says what the entry price and size no longer do once either is edited.
  const cost = fields.contracts ?? fields.entryPrice;
  const entryNotional = cost === undefined ? {} : { entryNotional: undefined };
  const edited = withFields(position, { ...fields, ...leverage, ...entryNotional });
  return withAccount(state, { positions: replaced(positions, index, edited) });
}

/** A position written in the other mode, without any transfer: for correcting an entry. */
export function enterMode(
  state: CheckState,
  index: number,
  marginMode: PositionDefinition["marginMode"],
  isolatedMargin: string,
): CheckState {
  const positions = positionsOf(state.book);
  const position = positions[index];
  if (position === undefined) return state;
  const margin = marginMode === "isolated" ? isolatedMargin : undefined;
  const edited = withFields(position, { marginMode, isolatedMargin: margin, autoTopUp: undefined });
  return withAccount(state, { positions: replaced(positions, index, edited) });
}

/** A position the other way round; its stops go with it. */
export function setSide(state: CheckState, index: number, side: PositionSide): CheckState {
  const positions = positionsOf(state.book);
  const position = positions[index];
  if (position === undefined) return state;
  const stops = stopsOf(state.book).map((stop) =>
    stop.symbol === position.symbol && stop.side === position.side ? { ...stop, side } : stop,
  );
  const turned = withFields(position, { side, entryNotional: undefined });
  return withAccount(state, { positions: replaced(positions, index, turned), stops });
}

/** Puts a market into the book, with its mark unless it has one. */
export function addMarket(state: CheckState, { definition, mark }: PricedMarket): CheckState {
  const { markets, assets, marks } = state.book;
  const { symbol, settle } = definition;
  const known = markets.some((market) => market.symbol === symbol);
  const book = {
    ...state.book,
    assets: assets.some(({ code }) => code === settle) ? assets : [...assets, { code: settle }],
    markets: known ? markets : [...markets, definition],
    marks: Object.hasOwn(marks, symbol) ? marks : { ...marks, [symbol]: mark },
  };
  return { ...state, book };
}

export function addPosition(
  state: CheckState,
  market: PricedMarket,
  side: PositionSide,
  contracts: string,
): CheckState {
  const next = addMarket(state, market);
  const { symbol } = market.definition;
  const entryPrice = String(next.book.marks[symbol] ?? market.mark);
  const position: PositionDefinition = {
    symbol,
    side,
    contracts,
    entryPrice,
    marginMode: "cross",
    leverage: "10",
  };
  const positions = [...positionsOf(next.book), position];
  const view = { ...next.view, selected: positions.length - 1 };
  return withAccount({ ...next, view }, { positions });
}

/** Takes a market away whose mark is no price: without a position it has no field in which it could be put right. */
function withoutUnpriced(book: BookDocument, symbol: string): BookDocument {
  const mark = String(book.marks[symbol] ?? "");
  if (/^\d+(\.\d+)?$/.test(mark) && Number(mark) > 0) return book;
  const markets = book.markets.filter((market) => market.symbol !== symbol);
  return { ...book, markets, marks: without(book.marks, symbol) };
}

/** A position with its stops; a market that nobody holds any more stays as long as it has a mark. */
export function removePosition(state: CheckState, index: number): CheckState {
  const gone = positionsOf(state.book)[index];
  if (gone === undefined) return state;
  const positions = positionsOf(state.book).filter((_, at) => at !== index);
  const { symbol } = gone;
  const held = positions.some((position) => position.symbol === symbol);
  const closes = (stop: StopDefinition): boolean =>
    stop.symbol === symbol && (stop.side === undefined || stop.side === gone.side);
  const stops = stopsOf(state.book).filter((stop) => !closes(stop));
  const selected = Math.max(0, Math.min(state.view.selected, positions.length - 1));
  const trial = held ? state.view.trial : without(state.view.trial, symbol);
  const book = held ? state.book : withoutUnpriced(state.book, symbol);
  return withAccount({ book, view: { ...state.view, selected, trial } }, { positions, stops });
}

/** An id that no stop of the account has. */
function freshId(stops: readonly StopDefinition[]): string {
  const taken = new Set(stops.map(({ id }, index) => id ?? String(index + 1)));
  let number = stops.length + 1;
  while (taken.has(String(number))) number++;
  return String(number);
}

export function addStop(state: CheckState, stop: Omit<StopDefinition, "id">): CheckState {
  const stops = stopsOf(state.book);
  return withAccount(state, { stops: [...stops, { id: freshId(stops), ...stop }] });
}

export function replaceStop(state: CheckState, index: number, stop: StopDefinition): CheckState {
  return withAccount(state, { stops: replaced(stopsOf(state.book), index, stop) });
}

export function removeStop(state: CheckState, index: number): CheckState {
  return withAccount(state, { stops: stopsOf(state.book).filter((_, at) => at !== index) });
}

/** What the engine made of the account after a command; positions keep their places. */
export function takeAccount(state: CheckState, account: AccountDefinition): CheckState {
  const place = new Map(
    positionsOf(state.book).map(({ symbol, side }, at) => [`${side} ${symbol}`, at]),
  );
  const at = ({ symbol, side }: PositionDefinition): number => place.get(`${side} ${symbol}`) ?? -1;
  const positions = [...(account.positions ?? [])].sort((a, b) => at(a) - at(b));
  return withAccount(state, { ...account, positions });
}

/** A price tried for one market; null puts it back to its mark. */
export function slide(state: CheckState, symbol: string, price: string | null): CheckState {
  const rest = without(state.view.trial, symbol);
  const trial = price === null ? rest : { ...rest, [symbol]: price };
  return { ...state, view: { ...state.view, trial } };
}

/** One market at exactly this price and the others where they are shown: what the joint slider did is theirs now. */
export function pin(
  state: CheckState,
  shown: Readonly<Record<string, string>>,
  symbol: string,
  price: string,
): CheckState {
  const trial = { ...(state.view.jointBp === 0 ? state.view.trial : shown), [symbol]: price };
  return { ...state, view: { ...state.view, trial, jointBp: 0 } };
}

export function slideJoint(state: CheckState, jointBp: number): CheckState {
  return { ...state, view: { ...state.view, jointBp } };
}

export function setDirection(state: CheckState, direction: Direction): CheckState {
  return { ...state, view: { ...state.view, direction } };
}

/** All sliders back to the marks. */
export function still(state: CheckState): CheckState {
  return { ...state, view: { ...state.view, trial: {}, jointBp: 0 } };
}

export function select(state: CheckState, selected: number): CheckState {
  return { ...state, view: { ...state.view, selected } };
}

/** Markets that a position of the account is in, in the order of the positions. */
export function heldMarkets(book: BookDocument): MarketDefinition[] {
  const symbols = [...new Set(positionsOf(book).map(({ symbol }) => symbol))];
  return symbols.flatMap((symbol) => book.markets.find((market) => market.symbol === symbol) ?? []);
}
