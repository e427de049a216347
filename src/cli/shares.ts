// Shares and moves as people type them: "-20%", "0.15", "BTC/USDT:USDT=-10%,ETH/USDT:USDT=+5%".
import { UsageError } from "./command.ts";

/** "-20%" -> "-0.2"; "15%" and "0.15" alike. @throws UsageError naming the option */
export function readShare(text: string, whole: string, option: string): string {
  const match = /^([+-]?)(\d{1,5})(?:\.(\d{1,6}))?(%?)$/.exec(text.trim());
  if (match === null) {
    throw new UsageError(
      `--${option} takes a share such as 10%, or SYMBOL=-10% (several with commas) (got "${whole}")`,
    );
  }
  const [, sign = "", digits = "", fraction = "", percent] = match;
  const scaled = percent === "%" ? `${digits.padStart(3, "0")}${fraction}` : `${digits}${fraction}`;
  const point = percent === "%" ? Math.max(digits.length, 3) - 2 : digits.length;
  const decimals = scaled.slice(point);
  return `${sign === "-" ? "-" : ""}${scaled.slice(0, point)}${decimals === "" ? "" : `.${decimals}`}`;
}

/** "A=-10%,B=+5%" by symbol. @throws UsageError */
export function readMoves(text: string, option: string): Record<string, string> {
  const moves: Record<string, string> = Object.create(null);
  for (const part of text.split(",")) {
    const at = part.lastIndexOf("=");
    if (at < 1) {
      throw new UsageError(`--${option} ${text}: every part is SYMBOL=MOVE (got "${part}")`);
    }
    const symbol = part.slice(0, at).trim();
    if (moves[symbol] !== undefined) {
      throw new UsageError(`--${option} ${text}: ${symbol} moves twice`);
    }
    moves[symbol] = readShare(part.slice(at + 1), text, option);
  }
  return moves;
}

/** "-0.175" -> "-17.5%". */
export function percentText(share: string): string {
  const negative = share.startsWith("-");
  const [whole = "0", fraction = ""] = share.replace("-", "").split(".");
  const digits = fraction.padEnd(2, "0");
  const shown = `${whole}${digits.slice(0, 2)}`.replace(/^0+(?=\d)/, "");
  const rest = digits.slice(2).replace(/0+$/, "");
  const size = rest === "" ? shown : `${shown}.${rest}`;
  if (size === "0") return "0%";
  return `${negative ? "-" : "+"}${size}%`;
}
