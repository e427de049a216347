// setTiers: a venue changes its brackets under open positions. All tables are read and made before the first changes hands, then every
// leg stands on its new terms, and two scans tell who is under water now and was not before. The state is that of
// a fresh load under the new tiers.

import { isPoisoned } from "../../errors.ts";
import type { EngineEvent, LeverageTier, ScopeName } from "../../types.ts";
import { readTables, type TableSpecification } from "../markets.ts";
import { requireObject } from "../read.ts";
import { identifyPool } from "../scope.ts";
import type { EngineMarket, EngineState, EngineTable } from "../state.ts";

interface NewTiers {
  readonly market: EngineMarket;
  readonly tiers: readonly LeverageTier[];
  readonly specifications: readonly TableSpecification[];
}

function readNewTiers(
  state: EngineState,
  tiers: Readonly<Record<string, readonly LeverageTier[]>>,
  path: string,
): NewTiers[] {
  requireObject(tiers, path);
  return Object.entries(tiers).map(([symbol, given]) => {
    const place = `${path}[${JSON.stringify(symbol)}]`;
    const market = state.market(symbol, place);
    const { settleDecimals, amountDecimals } = market;
    const decimals = { settle: settleDecimals, amount: amountDecimals };
    const specifications = readTables(given, state.rules, market, decimals, place);
    return { market, tiers: given, specifications };
  });
}

/** Handles of all liquidatable pools. */
function liquidatablePools(state: EngineState): Set<number> {
  const scan = state.kernel.scan();
  return new Set(scan.copyTo(new Uint32Array(scan.count)));
}

function compareNames(a: ScopeName, b: ScopeName): number {
  const key = ({ account, scope, settle, symbol, side }: ScopeName): string =>
    [account, scope, settle, symbol ?? "", side ?? ""].join("\u0000");
  const [first, second] = [key(a), key(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Tables of markets that have several (tiers by contract count), made before anything changes; all or none. */
function createTables(state: EngineState, several: readonly NewTiers[]): EngineTable[][] {
  const made: EngineTable[][] = [];
  try {
    for (const { specifications } of several) made.push(state.createTables(specifications));
    return made;
  } catch (error) {
    if (!isPoisoned(error)) for (const tables of made) state.removeTables(tables);
    throw error;
  }
}

/** Puts every leg of these markets on the table that serves its size now. */
function moveLegs(state: EngineState, markets: ReadonlySet<EngineMarket>): void {
  const { kernel } = state;
  const slots = new Set(Array.from(markets, ({ slot }) => slot));
  kernel.forEachPool((pool) => {
    for (const leg of state.legs(pool)) {
      if (!slots.has(kernel.legPrice(leg))) continue;
      const quantity = kernel.quantity(leg);
      const table = state.tableFor(state.marketOfLeg(leg), quantity).handle;
      kernel.setLeg(leg, table, quantity, kernel.cost(leg), kernel.leverageMilli(leg));
    }
  });
}

function replaceTiers(state: EngineState, changes: readonly NewTiers[]): void {
  const isSingle = ({ market, specifications }: NewTiers): boolean =>
    market.tables.length === 1 && specifications.length === 1;
  const several = changes.filter((change) => !isSingle(change));
  const made = createTables(state, several);
  const single = changes.filter(isSingle).map(({ market, tiers, specifications }) => {
    const handle = market.tables[0]?.handle ?? -1;
    const tables = specifications.map((specification) => ({ ...specification, handle }));
    return { market, tiers, handle, tables };
  });
  state.kernel.replaceTables(
    single.flatMap(({ handle, tables }) =>
      tables.map(({ table: next }) => ({ table: handle, next })),
    ),
  );
  for (const { market, tiers, tables } of single) state.setTables(market, tiers, tables);
  const old = several.map(({ market, tiers }, index) => {
    const { tables } = market;
    state.setTables(market, tiers, made[index] ?? []);
    return tables;
  });
  if (several.length === 0) return;
  moveLegs(state, new Set(several.map(({ market }) => market)));
  for (const tables of old) state.removeTables(tables);
}

export function setTiers(
  state: EngineState,
  command: { readonly tiers: Readonly<Record<string, readonly LeverageTier[]>> },
  path: string,
): EngineEvent[] {
  const changes = readNewTiers(state, command.tiers, `${path}.tiers`);
  const before = liquidatablePools(state);
  replaceTiers(state, changes);
  const after = liquidatablePools(state);
  const newlyLiquidatable = [...after]
    .filter((pool) => !before.has(pool))
    .map((pool) => identifyPool(state, pool))
    .sort(compareNames);
  let recovered = 0;
  for (const pool of before) if (!after.has(pool)) recovered++;
  const symbols = changes.map(({ market }) => market.symbol);
  return [{ type: "tiersSet", symbols, newlyLiquidatable, recovered }];
}
