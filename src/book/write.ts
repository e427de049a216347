// Writes a book: the folder form (markets.json, marks.csv, accounts.csv, positions.csv, orders.csv and stops.csv where there are any,
// optionally gzipped) or one JSON document as a stream of text. Accounts are taken one at a time and never pile up:
// a write waits until the file has taken what came before. A folder's files appear under their names only
// when all of them are complete.
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { RiskError } from "../errors.ts";
import type { PricedMarket } from "../generate/index.ts";
import type {
  AccountDefinition,
  AssetDefinition,
  DecimalLike,
  MarginCallDefinition,
  PositionDefinition,
  Profile,
} from "../types.ts";
import { STOP_OPTIONAL } from "./stop-fields.ts";

/** A book whose accounts come one at a time. */
export interface StreamedBook {
  readonly profile?: Profile;
  readonly assets: readonly AssetDefinition[];
  readonly markets: readonly PricedMarket[];
  /** Of collateral coins, by asset. */
  readonly indexPrices?: Readonly<Record<string, DecimalLike>>;
  /** Of the last funding, by symbol. */
  readonly fundingTimes?: Readonly<Record<string, number>>;
  readonly tickTime?: number;
  readonly insuranceFunds?: Readonly<Record<string, DecimalLike>>;
  readonly partialLiquidations?: Readonly<Record<string, number>>;
  /** Levels that ticks report. */
  readonly marginCalls?: MarginCallDefinition;
  /** Give positions.csv the columns entryNotional and autoTopUp; without, a position that states one is refused. Default false. */
  readonly positionDetails?: boolean;
  readonly accounts: Iterable<AccountDefinition>;
}

export interface WriteOptions {
  /** Write `.csv.gz` and `.json.gz`. Default false. */
  readonly gzip?: boolean;
  /** Called now and then with the number of accounts written. */
  readonly onProgress?: (accounts: number) => void;
}

export interface WriteSummary {
  readonly accounts: number;
  readonly positions: number;
  /** File names inside the folder. */
  readonly files: readonly string[];
}

const CHUNK_LENGTH = 1 << 16;
const PROGRESS_STEP = 10_000;
const ORDER_COLUMNS = "account,id,symbol,side,amount,price,positionSide,reduceOnly";
const STOP_COLUMNS: string = ["account", "kind", ...STOP_OPTIONAL].join(",");

/** One file being written under a temporary name. */
class TextFile {
  readonly name: string;
  readonly #target: string;
  readonly #input: Writable;
  readonly #done: Promise<void>;
  #pending = "";

  constructor(folder: string, name: string, gzip: boolean) {
    this.name = gzip ? `${name}.gz` : name;
    this.#target = join(folder, this.name);
    const file = createWriteStream(this.partPath);
    if (gzip) {
      const packer = createGzip({ level: 9 });
      this.#input = packer;
      this.#done = pipeline(packer, file);
    } else {
      this.#input = file;
      this.#done = once(file, "close").then(() => undefined);
    }
    // A failure is reported by the write or the close that meets it.
    this.#done.catch(() => undefined);
  }

  get partPath(): string {
    return `${this.#target}.part`;
  }

  /** Adds text; true when it is time to await {@link drain}. */
  add(text: string): boolean {
    this.#pending += text;
    return this.#pending.length >= CHUNK_LENGTH;
  }

  async drain(): Promise<void> {
    const text = this.#pending;
    this.#pending = "";
    if (text !== "" && !this.#input.write(text)) await once(this.#input, "drain");
  }

  async close(): Promise<void> {
    await this.drain();
    this.#input.end();
    await this.#done;
  }

  /** Takes the file's final name, and that of its plain or gzipped twin away. */
  async publish(folder: string): Promise<void> {
    await rename(this.partPath, this.#target);
    const twin = this.name.endsWith(".gz") ? this.name.slice(0, -3) : `${this.name}.gz`;
    await rm(join(folder, twin), { force: true });
  }

  async discard(): Promise<void> {
    this.#input.destroy();
    await this.#done.catch(() => undefined);
    await rm(this.partPath, { force: true });
  }
}

/** A field as RFC 4180 has it. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One row per balance; an account without any is listed with an empty wallet of the first asset. */
function accountRows(account: AccountDefinition, firstAsset: string, coins: boolean): string {
  const id = csvField(account.id);
  const hedged = account.hedged === true ? "true" : "false";
  const flags = coins ? `${hedged},${account.multiAsset === true}` : hedged;
  let rows = "";
  for (const [asset, balance] of Object.entries(account.balances ?? {})) {
    rows += `${id},${csvField(asset)},${balance},${flags}\n`;
  }
  return rows === "" ? `${id},${csvField(firstAsset)},0,${flags}\n` : rows;
}

/** Refuses what the folder form would lose. */
function refuseLoss(account: string, field: string, value: unknown, hint: string): never {
  throw new RiskError("BAD_VALUE", "has no column in this folder form of a book", {
    path: `${account}.${field}`,
    value,
    hint,
  });
}

function detailFields(account: string, position: PositionDefinition, details: boolean): string {
  const { entryNotional, autoTopUp = false } = position;
  if (details) return `,${entryNotional ?? ""},${autoTopUp}`;
  const hint = "set positionDetails, or write the JSON form";
  if (entryNotional !== undefined && entryNotional !== null) {
    refuseLoss(account, "entryNotional", entryNotional, hint);
  }
  if (autoTopUp) refuseLoss(account, "autoTopUp", autoTopUp, hint);
  return "";
}

function positionRows(account: AccountDefinition, details: boolean): string {
  const { settings = [], marginMode: accountMode } = account;
  const hint = "write the JSON form";
  if (settings.length > 0) refuseLoss(account.id, "settings", JSON.stringify(settings), hint);
  if (accountMode !== undefined) refuseLoss(account.id, "marginMode", accountMode, hint);
  const id = csvField(account.id);
  let rows = "";
  for (const position of account.positions ?? []) {
    const { symbol, side, contracts, entryPrice, marginMode } = position;
    const margin = position.isolatedMargin ?? "";
    const more = detailFields(account.id, position, details);
    rows += `${id},${csvField(symbol)},${side},${contracts},${entryPrice},${marginMode},${position.leverage ?? ""},${margin}${more}\n`;
  }
  return rows;
}

function orderRows({ id, orders = [] }: AccountDefinition): string {
  let rows = "";
  for (const { id: order, symbol, side, amount, price, positionSide, reduceOnly } of orders) {
    const names = `${csvField(id)},${csvField(order)},${csvField(symbol)}`;
    rows += `${names},${side},${amount},${price},${positionSide ?? ""},${reduceOnly === true}\n`;
  }
  return rows;
}

function stopRows({ id, stops = [] }: AccountDefinition): string {
  let rows = "";
  for (const stop of stops) {
    rows += `${csvField(id)},${stop.kind}`;
    for (const field of STOP_OPTIONAL) rows += `,${csvField(String(stop[field] ?? ""))}`;
    rows += "\n";
  }
  return rows;
}

function marketsText(book: StreamedBook): string {
  const markets = book.markets.map(({ definition }) => `    ${JSON.stringify(definition)}`);
  const assets = book.assets.map((asset) => `    ${JSON.stringify(asset)}`);
  const member = (name: string, value: unknown): string =>
    value === undefined ? "" : `,\n  "${name}": ${JSON.stringify(value)}`;
  const prices = member("indexPrices", book.indexPrices);
  const times = member("fundingTimes", book.fundingTimes);
  const tickTime = member("tickTime", book.tickTime);
  const calls = member("marginCalls", book.marginCalls);
  const funds = member("insuranceFunds", book.insuranceFunds);
  const partials = member("partialLiquidations", book.partialLiquidations);
  return `{
  "profile": ${JSON.stringify(book.profile ?? "default")},
  "assets": [
${assets.join(",\n")}
  ],
  "markets": [
${markets.join(",\n")}
  ]${prices}${times}${tickTime}${calls}${funds}${partials}
}
`;
}

function marksText(book: StreamedBook): string {
  const rows = book.markets.map(
    ({ definition, mark }) => `${csvField(definition.symbol)},${mark}\n`,
  );
  return `symbol,price\n${rows.join("")}`;
}

/** Accounts and positions into their files; counts them. */
async function writeAccounts(
  book: StreamedBook,
  accounts: TextFile,
  positions: TextFile,
  openExtra: (name: string, columns: string) => TextFile,
  onProgress: (accounts: number) => void,
): Promise<{ accounts: number; positions: number }> {
  const written = { accounts: 0, positions: 0 };
  let orders: TextFile | undefined;
  let stops: TextFile | undefined;
  const firstAsset = book.assets[0]?.code ?? "USDT";
  const coins = book.assets.some(({ collateral }) => collateral !== undefined);
  accounts.add(`account,asset,balance,hedged${coins ? ",multiAsset" : ""}\n`);
  const details = book.positionDetails === true;
  const columns = "account,symbol,side,contracts,entryPrice,marginMode,leverage,isolatedMargin";
  positions.add(`${columns}${details ? ",entryNotional,autoTopUp" : ""}\n`);
  for (const account of book.accounts) {
    if (accounts.add(accountRows(account, firstAsset, coins))) await accounts.drain();
    if (positions.add(positionRows(account, details))) await positions.drain();
    if (account.orders !== undefined && account.orders.length > 0) {
      orders ??= openExtra("orders.csv", ORDER_COLUMNS);
      if (orders.add(orderRows(account))) await orders.drain();
    }
    if (account.stops !== undefined && account.stops.length > 0) {
      stops ??= openExtra("stops.csv", STOP_COLUMNS);
      if (stops.add(stopRows(account))) await stops.drain();
    }
    written.accounts += 1;
    written.positions += account.positions?.length ?? 0;
    if (written.accounts % PROGRESS_STEP === 0) onProgress(written.accounts);
  }
  onProgress(written.accounts);
  return written;
}

/**
 * Writes a book in folder form; the folder is made if it is missing, a book in it is replaced.
 * After an error the folder holds what it held before.
 *
 * @throws RiskError BAD_VALUE for what has no column (settings; entryNotional and autoTopUp without `positionDetails`), and the file system's
 * errors.
 */
export async function writeBookFolder(
  folder: string,
  book: StreamedBook,
  options: WriteOptions = {},
): Promise<WriteSummary> {
  await mkdir(folder, { recursive: true });
  const gzip = options.gzip ?? false;
  const files: TextFile[] = [];
  const open = (name: string, packed: boolean): TextFile => {
    const file = new TextFile(folder, name, packed);
    files.push(file);
    return file;
  };
  try {
    open("markets.json", false).add(marketsText(book));
    open("marks.csv", false).add(marksText(book));
    const accounts = open("accounts.csv", gzip);
    const positions = open("positions.csv", gzip);
    const written = await writeAccounts(
      book,
      accounts,
      positions,
      (name, columns) => {
        const file = open(name, gzip);
        file.add(`${columns}\n`);
        return file;
      },
      options.onProgress ?? (() => {}),
    );
    for (const file of files) await file.close();
    for (const file of files) await file.publish(folder);
    // A book without orders or stops takes those of an earlier one away.
    for (const name of ["orders.csv", "stops.csv"]) {
      if (files.some((file) => file.name.startsWith(name))) continue;
      await rm(join(folder, name), { force: true });
      await rm(join(folder, `${name}.gz`), { force: true });
    }
    return { ...written, files: files.map((file) => file.name) };
  } catch (error) {
    for (const file of files) await file.discard();
    throw error;
  }
}

/** The book as one JSON document, in pieces of text; one account a line. */
export function* bookDocumentText(book: StreamedBook): Generator<string, void> {
  const marks = book.markets.map(
    ({ definition, mark }) => `    ${JSON.stringify(definition.symbol)}: ${JSON.stringify(mark)}`,
  );
  yield marketsText(book).replace(/\n}\n$/, `,\n  "marks": {\n${marks.join(",\n")}\n  },\n`);
  let lead = '  "accounts": [\n    ';
  for (const account of book.accounts) {
    yield `${lead}${JSON.stringify(account)}`;
    lead = ",\n    ";
  }
  yield lead.startsWith(",") ? "\n  ]\n}\n" : '  "accounts": []\n}\n';
}
