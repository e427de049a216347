// The ten-line program that pages run in every setting, and what Node makes of the same book.
import { RiskEngine } from "../../src/engine/engine.ts";
import type { BookDocument } from "../../src/types.ts";

const BOOK: BookDocument = {
  assets: [{ code: "USDT", decimals: 8 }],
  markets: [
    {
      symbol: "BTC/USDT:USDT",
      settle: "USDT",
      precision: { amount: "0.001" },
      taker: "0.0005",
      tiers: [
        { maxNotional: "300000", maintenanceMarginRate: "0.004", maxLeverage: "150" },
        { maintenanceMarginRate: "0.005", maxLeverage: "100" },
      ],
    },
  ],
  marks: { "BTC/USDT:USDT": "61234.5" },
  accounts: [
    {
      id: "alice",
      balances: { USDT: "7000" },
      positions: [
        {
          symbol: "BTC/USDT:USDT",
          side: "long",
          contracts: "1.234",
          entryPrice: "60000",
          marginMode: "cross",
          leverage: "20",
        },
      ],
    },
  ],
};

export interface AppOptions {
  /** What it imports. */
  readonly from?: string;
  /** More import lines. */
  readonly imports?: string;
  /** An expression for EngineOptions.kernel. */
  readonly kernel?: string;
}

/** A module that writes figures of the book into the page's <output>, or the code of what it throws. */
export function appSource({
  from = "underkeel",
  imports = "",
  kernel = "{}",
}: AppOptions = {}): string {
  return `import { compileKernel, RiskEngine, RiskError } from ${JSON.stringify(from)};
${imports}
const say = (value) => { document.querySelector("output").textContent = JSON.stringify(value); };
try {
  const engine = RiskEngine.fromBook(${JSON.stringify(BOOK)}, { kernel: ${kernel} });
  const { liquidationPrice, unrealizedPnl } = engine.account("alice").position("BTC/USDT:USDT");
  say({ liquidationPrice, unrealizedPnl, hash: engine.stateHash() });
} catch (error) {
  say({ known: error instanceof RiskError, code: error.code, message: error.message });
}
`;
}

/** The same in this process. */
export function expectedFigures(): string {
  const engine = RiskEngine.fromBook(BOOK);
  const { liquidationPrice, unrealizedPnl } = engine.account("alice").position("BTC/USDT:USDT");
  return JSON.stringify({ liquidationPrice, unrealizedPnl, hash: engine.stateHash() });
}
