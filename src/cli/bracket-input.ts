// Bracket files for the command line: ccxt's JSON, a CSV of tiers, or the markets of a book, each also
// gzipped or on standard input; what it is shows in its first characters.
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { RiskError } from "../errors.ts";
import { type BracketFile, readBracketCsv, readBracketJson } from "../tiers/index.ts";

const GZIP_MAGIC = [0x1f, 0x8b];

/** Whole text of a file or, for "-", of standard input. @throws RiskError BAD_FILE */
export async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = path === "-" ? await readStandardInput() : await readFile(path);
    if (bytes[0] === GZIP_MAGIC[0] && bytes[1] === GZIP_MAGIC[1]) bytes = gunzipSync(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RiskError("BAD_FILE", `cannot be read: ${reason}`, { path, cause });
  }
  return bytes.toString("utf8").replace(/^\uFEFF/, "");
}

async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** `{markets: [{symbol, tiers}]}` as a bracket file; null for anything else. */
function marketsOfBook(data: unknown): BracketFile | null {
  if (typeof data !== "object" || data === null || !("markets" in data)) return null;
  const { markets } = data;
  if (!Array.isArray(markets)) return null;
  const bySymbol: Record<string, unknown> = Object.create(null);
  markets.forEach((market: unknown, index) => {
    const { symbol, tiers } = (market ?? {}) as { symbol?: unknown; tiers?: unknown };
    if (typeof symbol !== "string") {
      throw new RiskError("BAD_FILE", "a market needs a symbol", { path: `markets[${index}]` });
    }
    bySymbol[symbol] = tiers;
  });
  return readBracketJson(bySymbol);
}

/** Reads a bracket file in any of its forms. @throws RiskError with the file's name in front */
export async function readBrackets(path: string): Promise<BracketFile> {
  const text = await readText(path);
  try {
    const start = text.trimStart();
    if (!start.startsWith("{") && !start.startsWith("[")) return readBracketCsv(text);
    const data: unknown = JSON.parse(text);
    return marketsOfBook(data) ?? readBracketJson(data as object);
  } catch (cause) {
    const name = path === "-" ? "standard input" : path;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const code = cause instanceof RiskError ? cause.code : "BAD_FILE";
    throw new RiskError(code, `${name}: ${reason}`, { cause });
  }
}
