// A book made up from a seed, straight into the engine: accounts are drawn one at a time and forgotten. Drawing a million takes seconds, so it
// goes on in slices, between which the worker hears whether it is still wanted.
import { parseDecimal, parseSmallDecimal } from "../../src/decimal.ts";
import type { BulkSink } from "../../src/engine/bulk-sink.ts";
import { RiskEngine } from "../../src/engine/engine.ts";
import { generateBook, standardMarkets } from "../../src/generate/index.ts";
import type { AccountDefinition, DecimalLike } from "../../src/types.ts";

const ASSET = { code: "USDT", decimals: 8 };
/** Accounts of a slice: some tens of milliseconds. */
const SLICE = 5_000;

/** The engine with the bundled contracts and their marks, and no account. */
export function bundledSink(): BulkSink {
  const sink = new RiskEngine().bulkSink();
  sink.addAsset(ASSET);
  for (const { definition, mark } of standardMarkets()) {
    const market = sink.addMarket(definition);
    const { priceDecimals } = sink.market(market);
    sink.setMark(market, Number(parseDecimal(mark, priceDecimals, definition.symbol)));
  }
  return sink;
}

/** The exact units of a drawn amount: as a number where it is one of few digits, as nearly all are. */
function units(
  text: DecimalLike | null | undefined,
  decimals: number,
  path: string,
): number | bigint {
  const small = parseSmallDecimal(text, decimals);
  return Number.isNaN(small) ? parseDecimal(text ?? "0", decimals, path) : small;
}

class AccountFiller {
  readonly #sink: BulkSink;
  readonly #markets: Map<string, number> = new Map();

  constructor(sink: BulkSink) {
    this.#sink = sink;
    standardMarkets().forEach(({ definition }, market) => {
      this.#markets.set(definition.symbol, market);
    });
  }

  add(account: AccountDefinition): void {
    const sink = this.#sink;
    const handle = sink.openAccount(account.id, account.hedged ?? false);
    for (const balance of Object.values(account.balances ?? {})) {
      sink.setBalance(handle, 0, units(balance, ASSET.decimals, "balance"));
    }
    for (const position of account.positions ?? []) {
      const market = this.#markets.get(position.symbol) as number;
      const { amountDecimals, priceDecimals } = sink.market(market);
      const size = Number(units(position.contracts, amountDecimals, "contracts"));
      const isolated = position.marginMode === "isolated";
      sink.addPosition(
        handle,
        market,
        position.side === "short" ? -size : size,
        Number(units(position.entryPrice, priceDecimals, "entryPrice")),
        isolated,
        Number(units(position.leverage, 3, "leverage")),
        isolated ? units(position.isolatedMargin, ASSET.decimals, "isolatedMargin") : 0,
      );
    }
  }
}

/**
 * The sink, filled. `pause` is awaited between slices and told how many accounts are done; what it throws ends the load.
 *
 * @throws RiskError for a number of accounts that makes no sense
 */
export async function generatedBook(
  accounts: number,
  seed: string,
  pause: (done: number) => Promise<void>,
): Promise<BulkSink> {
  const drawn = generateBook({ accounts, seed, markets: standardMarkets() });
  const sink = bundledSink();
  const filler = new AccountFiller(sink);
  let done = 0;
  for (const account of drawn) {
    filler.add(account);
    done++;
    if (done % SLICE === 0) await pause(done);
  }
  return sink;
}
