// A CSV file as a table of named columns: the header says where each column stands (any order, others ignored), and a
// row reader asks for fields by column. What a row gets wrong is logged with line and column, and the next row is read.

import { parseDecimal } from "../decimal.ts";
import { RiskError, type RiskErrorCode } from "../errors.ts";
import type { BookPlace, ProblemLog } from "./book-error.ts";
import { plainUnits, shownText, textOf } from "./bytes.ts";
import { CsvReader, CsvRecord, NO_FIELD } from "./csv.ts";

/** Thrown by a row reader that has logged its problem: the row is skipped. */
const SKIP_ROW: unique symbol = Symbol("skip row");

/** Reads the rows of one file; `Row` methods are valid during the call. */
export type RowReader = (row: Row) => void;

/** The current row of a table. */
export class Row {
  readonly #file: string;
  readonly #problems: ProblemLog;
  readonly #names: readonly string[];
  /** Field of each column; NO_FIELD where the file lacks an optional one. */
  readonly #fields: readonly number[];
  #record: CsvRecord = new CsvRecord();
  #starts: Int32Array = this.#record.starts;
  #ends: Int32Array = this.#record.ends;
  bytes: Uint8Array = this.#record.bytes;

  constructor(
    file: string,
    names: readonly string[],
    fields: readonly number[],
    problems: ProblemLog,
  ) {
    this.#file = file;
    this.#names = names;
    this.#fields = fields;
    this.#problems = problems;
  }

  set(record: CsvRecord): void {
    this.#record = record;
    this.#starts = record.starts;
    this.#ends = record.ends;
    this.bytes = record.bytes;
  }

  start(column: number): number {
    return this.#starts[this.#fields[column] as number] as number;
  }
  end(column: number): number {
    return this.#ends[this.#fields[column] as number] as number;
  }
  /** Also where the column is absent. */
  isEmpty(column: number): boolean {
    return this.end(column) === this.start(column);
  }

  text(column: number): string {
    try {
      return textOf(this.bytes, this.start(column), this.end(column));
    } catch {
      return this.refuse(column, "BAD_VALUE", "must be UTF-8 text");
    }
  }

  /** Units of 10^-decimals as a number, between the bounds (inclusive, safe integers). */
  units(column: number, decimals: number, min: number, max: number): number {
    const units = plainUnits(this.bytes, this.start(column), this.end(column), decimals);
    if (units >= min && units <= max) return units;
    return Number(this.amount(column, decimals, BigInt(min), BigInt(max)));
  }

  /** The same where bounds pass 2^53: a number if the text is short, a bigint otherwise. */
  wideUnits(column: number, decimals: number, min: bigint, max: bigint): number | bigint {
    const units = plainUnits(this.bytes, this.start(column), this.end(column), decimals);
    // Not NaN and below 10^15: within any bounds but a minimum of zero.
    if (units >= 0 || (units < 0 && min < 0n)) return units;
    return this.amount(column, decimals, min, max);
  }

  amount(column: number, decimals: number, min: bigint, max: bigint): bigint {
    const text = this.text(column);
    try {
      return parseDecimal(text, decimals, this.#names[column] as string, { min, max });
    } catch (error) {
      return this.refuseError(column, error);
    }
  }

  /** Logs a problem of one field and skips the row. */
  refuse(column: number, code: RiskErrorCode, message: string): never {
    const value = shownText(this.bytes, this.start(column), this.end(column));
    this.#problems.add(code, this.#place(column), this.#names[column] as string, message, {
      value,
    });
    throw SKIP_ROW;
  }

  /** The same for a RiskError caught, at the column that it names if it names one; other errors are thrown on. */
  refuseError(column: number, error: unknown): never {
    const named = error instanceof RiskError ? this.#names.indexOf(error.path ?? "") : -1;
    const at = named < 0 ? column : named;
    this.#problems.addError(error, this.#place(at), this.#names[at] as string);
    throw SKIP_ROW;
  }

  #place(column: number): BookPlace {
    const record = this.#record;
    const field = this.#fields[column] as number;
    return { file: this.#file, line: record.line, column: record.column(field) };
  }
}

/** Names of a table's columns; `required` come first in the numbering of {@link Row}. */
export interface TableColumns {
  readonly required: readonly string[];
  readonly optional?: readonly string[];
}

/** Feed it the bytes of a file; the reader is called for each row after the header. */
export class TableReader {
  readonly #file: string;
  readonly #columns: TableColumns;
  readonly #problems: ProblemLog;
  readonly #read: RowReader;
  readonly #csv: CsvReader;
  #row: Row | undefined;
  #width = 0;
  rows = 0;

  constructor(file: string, columns: TableColumns, problems: ProblemLog, read: RowReader) {
    this.#file = file;
    this.#columns = columns;
    this.#problems = problems;
    this.#read = read;
    this.#csv = new CsvReader(file, (record) => this.#onRecord(record));
  }

  push(chunk: Uint8Array): void {
    this.#csv.push(chunk);
  }

  /** @throws RiskError `MISSING_COLUMN` where there was not even a header */
  finish(): void {
    this.#csv.finish();
    if (this.#row === undefined) this.#refuseHeader(this.#columns.required[0] as string, "");
  }

  #onRecord(record: CsvRecord): void {
    const row = this.#row;
    if (row === undefined) {
      this.#readHeader(record);
      return;
    }
    this.rows++;
    if (record.count !== this.#width) {
      const place = { file: this.#file, line: record.line, column: 1 };
      const message = `the row must have ${this.#width} fields like the header, it has ${record.count}`;
      this.#problems.add("BAD_VALUE", place, "", message);
      return;
    }
    row.set(record);
    try {
      this.#read(row);
    } catch (error) {
      if (error !== SKIP_ROW) throw error;
    }
  }

  #readHeader(record: CsvRecord): void {
    const names = Array.from({ length: record.count }, (_, field) =>
      shownText(record.bytes, record.starts[field] as number, record.ends[field] as number).trim(),
    );
    const { required, optional = [] } = this.#columns;
    for (const name of [...required, ...optional]) {
      if (names.indexOf(name) !== names.lastIndexOf(name)) {
        throw new RiskError("BAD_FILE", `the header names the column ${name} twice`, {
          path: `${this.#file}:${record.line}`,
        });
      }
    }
    const missing = required.find((name) => !names.includes(name));
    if (missing !== undefined) this.#refuseHeader(missing, names.join(","));
    const all = [...required, ...optional];
    this.#row = new Row(
      this.#file,
      all,
      all.map((name) => (names.includes(name) ? names.indexOf(name) : NO_FIELD)),
      this.#problems,
    );
    this.#width = record.count;
  }

  #refuseHeader(missing: string, header: string): never {
    throw new RiskError("MISSING_COLUMN", `the column ${missing} is missing`, {
      path: `${this.#file}:1`,
      value: header,
      hint: `the header must name ${this.#columns.required.join(", ")}, in any order`,
    });
  }
}
