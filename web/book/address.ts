// The page's state in its address: book.html#accounts=100000&seed=1&market=BTC/USDT:USDT&move=-10&together. `measure` sweeps all prices once the
// book is there and prints the distribution of the frames.

export const SIZES = [10_000, 100_000, 1_000_000] as const;
export const REACH_PPM = 450_000;
/** The slider's step: a tenth of a percent. */
export const STEP_PPM = 1_000;

export interface Address {
  readonly accounts: number;
  readonly seed: string;
  /** A symbol; "" for the first market. */
  readonly market: string;
  readonly movePpm: number;
  readonly together: boolean;
  readonly measure: boolean;
}

export const HOME: Address = {
  accounts: 100_000,
  seed: "1",
  market: "",
  movePpm: 0,
  together: true,
  measure: false,
};

/** What an address says; what it says wrongly or not at all is as at {@link HOME}. */
export function readAddress(hash: string): Address {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const accounts = Number(fields.get("accounts"));
  const move = Number(fields.get("move") ?? "0") * 10_000;
  const alone = fields.get("move") !== null && !fields.has("together");
  return {
    accounts:
      Number.isInteger(accounts) && accounts >= 1 && accounts <= 1_000_000
        ? accounts
        : HOME.accounts,
    seed: (fields.get("seed") ?? HOME.seed).slice(0, 64) || HOME.seed,
    market: fields.get("market") ?? HOME.market,
    movePpm: Number.isFinite(move)
      ? Math.max(-REACH_PPM, Math.min(REACH_PPM, Math.round(move / STEP_PPM) * STEP_PPM))
      : 0,
    together: !alone,
    measure: fields.has("measure"),
  };
}

export function writeAddress(address: Address): string {
  const parts = [`accounts=${address.accounts}`, `seed=${encodeURIComponent(address.seed)}`];
  if (address.market !== "") parts.push(`market=${encodeURIComponent(address.market)}`);
  if (address.movePpm !== 0) parts.push(`move=${address.movePpm / 10_000}`);
  if (address.together && address.movePpm !== 0) parts.push("together");
  return `#${parts.join("&")}`;
}
