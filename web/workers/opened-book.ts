// A book from files the user dropped, in one of three forms:
//   - a folder's files: markets.json, marks.csv, accounts.csv, positions.csv and perhaps orders.csv and stops.csv
//   - one JSON document
//   - tables alone, without markets.json: symbols are then those of the bundled contracts, at their marks unless marks.csv is there. Without
//     accounts.csv every account of positions.csv is opened in hedge mode, with the `balance` column (USDT, the same on every row or empty)
//     as its wallet
// each plain or .gz. All or nothing, with every problem found (the first 20 are told).
import { BookError, ProblemLog } from "../../src/book/book-error.ts";
import { DocumentPass } from "../../src/book/document.ts";
import { FolderTables } from "../../src/book/folder-rows.ts";
import { TableReader as Table, type TableReader } from "../../src/book/table.ts";
import type { BulkSink } from "../../src/engine/bulk-sink.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { RiskError } from "../../src/errors.ts";
import { standardMarkets } from "../../src/generate/index.ts";
import type { Profile } from "../../src/types.ts";
import { fileChunks, type NamedBlob, plainName } from "./file-bytes.ts";
import { bundledSink } from "./generated-book.ts";

/** Positions first: a file of theirs may be named after accounts as well. */
const TABLES = ["positions", "marks", "accounts", "orders", "stops"] as const;
type TableName = (typeof TABLES)[number];

/** What the files are. */
interface Sorted {
  /** markets.json or a whole document. */
  readonly json: NamedBlob | undefined;
  readonly tables: ReadonlyMap<TableName, NamedBlob>;
}

function refuse(message: string, path: string, hint?: string): never {
  throw new RiskError("BAD_FILE", message, hint === undefined ? { path } : { path, hint });
}

/** The table a CSV's name says; a lone CSV holds positions. */
function tableOf(name: string, alone: boolean): TableName {
  const lower = name.toLowerCase();
  const words = lower.split(/[^a-z]+/);
  const named = TABLES.find((table) => words.includes(table) || words.includes(table.slice(0, -1)));
  if (named !== undefined) return named;
  if (alone) return "positions";
  const found = TABLES.find((table) => lower.includes(table.slice(0, -1)));
  if (found !== undefined) return found;
  return refuse(
    "is no table of a book",
    name,
    "tables are accounts.csv, positions.csv, marks.csv, orders.csv and stops.csv",
  );
}

/** Sorts files by their names. @throws RiskError BAD_FILE for what is no part of a book */
export function sortFiles(files: readonly NamedBlob[]): Sorted {
  const named = files.filter(({ name }) => !name.startsWith("."));
  const csv = named.filter(({ name }) => /\.(csv|txt)$/i.test(plainName(name)));
  const json = named.filter(({ name }) => /\.json$/i.test(plainName(name)));
  const other = named.find((file) => !csv.includes(file) && !json.includes(file));
  if (other !== undefined) {
    refuse("is neither CSV nor JSON", other.name, "a book is .csv and .json files, or their .gz");
  }
  if (json.length > 1) refuse("is the second JSON file of the book", json[1]?.name ?? "");
  const tables = new Map<TableName, NamedBlob>();
  for (const file of csv) {
    const table = tableOf(plainName(file.name), csv.length === 1 && json.length === 0);
    const before = tables.get(table);
    if (before !== undefined) refuse(`holds ${table}, as ${before.name} does`, file.name);
    tables.set(table, file);
  }
  if (json.length + csv.length === 0) refuse("no file was given", "book");
  if (csv.length > 0 && !tables.has("positions")) {
    refuse("the book has no positions.csv", csv[0]?.name ?? "book");
  }
  if (json.length > 0 && csv.length > 0 && !tables.has("accounts")) {
    refuse("the book has no accounts.csv", json[0]?.name ?? "book");
  }
  return { json: json[0], tables };
}

type OnRead = (bytes: number) => Promise<void>;

async function readTable(file: NamedBlob, table: TableReader, onRead: OnRead): Promise<void> {
  for await (const chunk of fileChunks(file, onRead)) table.push(chunk);
  table.finish();
}

function createSink(profile: Profile): BulkSink {
  return new RiskEngine({ profile }).bulkSink();
}

async function readDocument(
  file: NamedBlob,
  withAccounts: boolean,
  onRead: OnRead,
): Promise<BulkSink> {
  let pass = new DocumentPass(createSink, { file: file.name, withAccounts });
  for (;;) {
    for await (const chunk of fileChunks(file, onRead)) pass.push(chunk);
    const result = pass.finish();
    if ("book" in result) return result.book.sink;
    pass = new DocumentPass(createSink, { file: file.name, withAccounts, header: result.header });
  }
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Accounts as positions.csv names them, with their `balance`, fed to the table of accounts as rows. */
async function readImpliedAccounts(
  file: NamedBlob,
  accounts: TableReader,
  problems: ProblemLog,
  onRead: OnRead,
): Promise<void> {
  const balances = new Map<string, string>();
  const columns = { required: ["account"], optional: ["balance"] };
  const names = new Table(file.name, columns, problems, (row) => {
    const account = row.text(0);
    const balance = row.isEmpty(1) ? "" : row.text(1);
    const before = balances.get(account);
    if (before === undefined || before === "") balances.set(account, balance);
    else if (balance !== "" && balance !== before) {
      row.refuse(1, "BAD_VALUE", `must be the same on every row of an account (${before} above)`);
    }
  });
  await readTable(file, names, onRead);
  const encoder = new TextEncoder();
  accounts.push(encoder.encode("account,asset,balance,hedged\n"));
  for (const [account, balance] of balances) {
    const asset = balance === "" ? "" : "USDT";
    accounts.push(encoder.encode(`${quoted(account)},${asset},${quoted(balance)},true\n`));
  }
  accounts.finish();
}

/** The order of the tables matters: accounts before what names them. */
async function readTables(sink: BulkSink, sorted: Sorted, onRead: OnRead): Promise<void> {
  const { assets, markets } = sink.engine.stats();
  const problems = new ProblemLog();
  const tables = new FolderTables(sink, assets, markets, problems);
  const { tables: files } = sorted;
  const marks = files.get("marks");
  if (marks !== undefined) {
    await readTable(marks, tables.marks(marks.name), onRead);
    problems.throwIfFound();
  }
  const accounts = files.get("accounts");
  const positions = files.get("positions") as NamedBlob;
  if (accounts !== undefined) await readTable(accounts, tables.accounts(accounts.name), onRead);
  else {
    await readImpliedAccounts(positions, tables.accounts(positions.name), problems, onRead);
    problems.throwIfFound();
  }
  await readTable(positions, tables.positions(positions.name), onRead);
  const orders = files.get("orders");
  if (orders !== undefined) await readTable(orders, tables.orders(orders.name), onRead);
  const stops = files.get("stops");
  if (stops !== undefined) await readTable(stops, tables.stops(stops.name), onRead);
  problems.throwIfFound();
}

/** Tables speak of markets.json; where there is none, of what stands for it. */
function namingContracts({ problems }: BookError): BookError {
  const said = "must be a market of markets.json";
  const meant = `must be a bundled contract such as ${standardMarkets()[0]?.definition.symbol}, or a market of a markets.json opened with it`;
  return new BookError(
    problems.map((problem) => ({ ...problem, message: problem.message.replace(said, meant) })),
  );
}

/**
 * The sink, filled. `pause` is awaited as bytes are read and told how many of how many; what it throws ends the load.
 *
 * @throws BookError listing every problem; RiskError BAD_FILE, MISSING_COLUMN
 */
export async function openedBook(
  files: readonly NamedBlob[],
  pause: (bytesRead: number, bytesTotal: number) => Promise<void>,
): Promise<BulkSink> {
  const sorted = sortFiles(files);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let read = 0;
  const onRead = async (bytes: number): Promise<void> => {
    read = Math.min(total, read + bytes);
    await pause(read, total);
  };
  if (sorted.json !== undefined && sorted.tables.size === 0) {
    return readDocument(sorted.json, true, onRead);
  }
  const bundled = sorted.json === undefined;
  const sink =
    sorted.json === undefined ? bundledSink() : await readDocument(sorted.json, false, onRead);
  try {
    await readTables(sink, sorted, onRead);
  } catch (error) {
    throw bundled && error instanceof BookError ? namingContracts(error) : error;
  }
  return sink;
}
