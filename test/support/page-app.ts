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
  /** Expressions for EngineOptions.kernel, tried one after the other. */
  readonly kernels?: readonly string[];
}

/** A module that writes into the page's <output>, for each kernel, the figures of the book or the code of what was thrown. */
export function appSource({
  from = "underkeel",
  imports = "",
  kernels = ["{}"],
}: AppOptions = {}): string {
  return `import { compileKernel, RiskEngine, RiskError } from ${JSON.stringify(from)};
${imports}
async function figures(kernel) {
  try {
    const engine = RiskEngine.fromBook(${JSON.stringify(BOOK)}, { kernel: await kernel() });
    const { liquidationPrice, unrealizedPnl } = engine.account("alice").position("BTC/USDT:USDT");
    return { liquidationPrice, unrealizedPnl, hash: engine.stateHash() };
  } catch (error) {
    return { known: error instanceof RiskError, code: error.code, message: error.message };
  }
}
const kernels = [${kernels.map((kernel) => `async () => (${kernel})`).join(", ")}];
const said = [];
for (const kernel of kernels) said.push(await figures(kernel));
document.querySelector("output").textContent = JSON.stringify(said);
`;
}

/** The figures in this process. */
export function expectedFigures(): unknown {
  const engine = RiskEngine.fromBook(BOOK);
  const { liquidationPrice, unrealizedPnl } = engine.account("alice").position("BTC/USDT:USDT");
  return { liquidationPrice, unrealizedPnl, hash: engine.stateHash() };
}
