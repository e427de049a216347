// Moves of real crashes as dated data: by coin, the largest fall from the high of one bar to the low of a later one within the dates, in per
// cent, cut (not rounded) to a tenth. Taken from the venue's published candles named beside each; a coin that is not listed was not in them.
// COVID's 2020-03-12 is missing for want of candles to take it from.
import { formatDecimal, parseDecimal } from "../decimal.ts";
import type { DecimalLike } from "../types.ts";
import { emptyRecord } from "./order.ts";
import { refuse } from "./read.ts";
import type { StressScenario } from "./stress-scenarios.ts";

/** A crash and where its figures are from. */
export interface HistoricalShock {
  /** UTC, both days whole. */
  readonly dates: string;
  readonly source: string;
  /** Percentage by coin: "BTC" -> "-17.5". */
  readonly falls: Readonly<Record<string, string>>;
}

/** "BTC=17.5 ETH=24.6": falls in per cent. */
/* @__NO_SIDE_EFFECTS__ so that bundlers drop the data where nobody asks for it */
function fallsOf(text: string): Record<string, string> {
  const falls = emptyRecord<string>();
  for (const pair of text.split(/\s+/)) {
    const [coin = "", fall = ""] = pair.split("=");
    falls[coin] = `-${fall}`;
  }
  return falls;
}

/** By name. */
export const HISTORICAL_SHOCKS: Readonly<Record<string, HistoricalShock>> = {
  "china-2021-05-19": {
    dates: "2021-05-19",
    source: "Binance spot, USDT pairs, 1-minute bars",
    falls: fallsOf(
      `AAVE=46.1 ADA=50.2 ALGO=45.5 ATOM=59.3 BAT=49.6 BCH=55.9 BTC=31.1 BTT=53.4 DASH=54.6 DOGE=55.9 DOT=56.5
      EOS=55.6 ETH=45.1 IOTA=56.5 LINK=51.7 LTC=51.0 NEO=55.1 XMR=64.0 XRP=48.3 XTZ=53.9`,
    ),
  },
  "ftx-2022-11": {
    dates: "2022-11-06 to 2022-11-11",
    source: "OKX perpetuals, 5-minute bars",
    falls: fallsOf(
      "BTC=27.5 DOGE=45.0 ETH=34.6 LINK=39.3 LTC=35.2 OP=45.2 SOL=74.2 UNI=39.5 XRP=36.7",
    ),
  },
  "tariffs-2025-02-03": {
    dates: "2025-02-02 to 2025-02-03",
    source: "Hyperliquid perpetuals, 1-hour bars",
    falls: fallsOf(
      `AAVE=36.8 ACE=36.4 ADA=44.1 AI=39.5 AI16Z=43.8 ALGO=38.5 ALT=42.5 ANIME=43.5 APE=41.6 APT=36.6 AR=40.1
      ARB=41.2 ARK=33.6 ATOM=38.5 AVAX=35.2 BADGER=29.2 BANANA=35.2 BIGTIME=41.0 BIO=39.9 BLAST=40.2 BLUR=38.9
      BNB=24.3 BNT=30.3 BOME=42.2 BRETT=46.4 BSV=33.6 BTC=10.0 CAKE=40.6 CATI=40.7 CELO=35.4 CFX=38.7 CHILLGUY=46.1
      COMP=35.3 CRV=43.6 DOGE=35.8 DOT=37.2 DYDX=44.0 DYM=41.8 EIGEN=51.6 ENA=32.6 ENS=36.9 ETC=33.7 ETH=33.6
      ETHFI=44.9 FARTCOIN=37.9 FET=37.2 FIL=42.2 FTT=26.7 FXS=39.3 GAS=34.2 GMT=42.0 GMX=27.5 GOAT=42.4 GRASS=45.6
      GRIFFAIN=43.7 HBAR=38.7 HMSTR=40.0 HPOS=32.1 HYPE=18.2 ILV=42.1 IMX=36.9 INJ=40.1 IO=38.3 IOTA=38.6 JTO=28.1
      JUP=25.7 KAS=42.3 LDO=28.4 LINK=33.6 LISTA=42.3 LTC=34.1 MANTA=42.0 MAV=37.7 MAVIA=46.2 ME=39.8 MELANIA=30.6
      MEME=46.1 MERL=47.4 MINA=36.6 MKR=30.4 MNT=34.2 MOODENG=45.0 MORPHO=36.7 MOVE=28.6 NEAR=37.6 NEIROETH=39.5
      NOT=47.0 NTRN=39.6 OGN=34.3 OM=18.9 OMNI=38.2 ONDO=35.0 ORBS=29.9 ORDI=46.0 PENDLE=40.3 PENGU=34.7 PEOPLE=46.1
      PIXEL=41.2 POL=38.5 POLYX=35.7 POPCAT=34.7 PURR=39.2 PYTH=36.7 RDNT=39.9 RENDER=40.6 REQ=44.6 REZ=41.9
      RLB=26.3 RSR=43.2 RUNE=28.9 S=39.3 SAND=38.8 SCR=34.4 SEI=38.2 SNX=38.0 SOL=19.8 SPX=42.3 STG=27.5 STRK=45.6
      STX=39.4 SUI=38.0 SUPER=38.7 SUSHI=42.9 TAO=45.1 TNSR=41.4 TON=36.7 TRB=42.7 TRUMP=29.8 TRX=18.9 TURBO=44.4
      UMA=35.2 UNI=38.3 USTC=40.6 USUAL=35.1 VINE=46.3 VIRTUAL=37.8 VVV=47.4 W=43.6 WIF=40.5 WLD=41.2 XAI=44.6
      XLM=34.7 XRP=39.3 YGG=41.4 ZEN=41.9 ZEREBRO=41.4 ZK=43.7 ZRO=41.5 kBONK=37.1 kDOGS=45.2 kFLOKI=41.5 kLUNC=36.1
      kNEIRO=44.9 kPEPE=36.7 kSHIB=35.1`,
    ),
  },
  "crash-2025-10-10": {
    dates: "2025-10-10 to 2025-10-11",
    source: "Bybit perpetuals, 5-minute bars",
    falls: fallsOf("AAVE=71.4 ADA=67.1 APE=74.3 AVAX=71.2 BNB=32.3 BTC=17.5 ETH=24.6 SOL=34.6"),
  },
};

/** What to do with markets whose coin is not listed. */
export interface HistoricalOptions {
  /** Their move; absent: they stand still. */
  readonly others?: DecimalLike;
}

/** "BTC" of "BTC/USDT:USDT"; venues' multiples (1000PEPE, kPEPE, 1MBABYDOGE) are the coin they multiply. */
function coinOf(symbol: string): string {
  const base = symbol.split("/")[0] ?? symbol;
  return base.replace(/^(?:10{3,}|1M|k)(?=[A-Z])/, "");
}

/**
 * The falls of a real crash as a scenario for the markets of a book, by the coin before the slash of each symbol.
 *
 * @throws RiskError BAD_VALUE for a name that is not in HISTORICAL_SHOCKS, or where no symbol is of a listed coin
 * @example
 * const crash = historicalScenario("crash-2025-10-10", ["BTC/USDT:USDT", "XRP/USDT:USDT"], { others: "-0.5" });
 * crash.all; // => "-0.5"
 * crash.shocks?.["BTC/USDT:USDT"]; // => "-0.175"
 */
export function historicalScenario(
  name: string,
  symbols: Iterable<string>,
  { others }: HistoricalOptions = {},
): StressScenario {
  const known = Object.keys(HISTORICAL_SHOCKS);
  const found = known.includes(name) ? HISTORICAL_SHOCKS[name] : undefined;
  if (found === undefined) {
    return refuse("BAD_VALUE", `must be one of ${known.join(", ")}`, "name", name);
  }
  const falls = new Map(Object.entries(found.falls).map(([coin, fall]) => [coinOf(coin), fall]));
  const shocks = emptyRecord<string>();
  for (const symbol of symbols) {
    const fall = falls.get(coinOf(symbol));
    if (fall !== undefined) shocks[symbol] = shareOf(fall);
  }
  if (Object.keys(shocks).length === 0) {
    refuse("BAD_VALUE", "no symbol is of a coin that the crash lists", "symbols", name);
  }
  return { name, ...(others === undefined ? {} : { all: others }), shocks };
}

/** "-17.5" per cent -> "-0.175". */
function shareOf(percent: string): string {
  return formatDecimal(parseDecimal(percent, 1, "percent"), 3);
}
