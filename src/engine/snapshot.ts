// The whole state as a file of its own, and back: the kernel's memory block by block, and the columns of the stores beside it. Nothing is
// reckoned anew, so an engine restored is the one that was saved: handles, screen, triggers, what ticks have told, all of it.

import { KERNEL_SOURCES } from "../generated/kernel-sources.ts";
import type { KernelOptions } from "../kernel.ts";
import { ColumnReader, ColumnWriter } from "../snapshot/columns.ts";
import { Container, containerParts } from "../snapshot/container.ts";
import type { CollateralDefinition, MarketDefinition, Profile } from "../types.ts";
import { type CoinSpecification, readCollateral } from "./collaterals.ts";
import type { MarginCalls } from "./margin-levels.ts";
import type { EngineAsset } from "./markets.ts";
import { EngineState } from "./state.ts";

interface SavedMarket {
  readonly definition: MarketDefinition;
  readonly slot: number;
  readonly tables: readonly number[];
}

/** What has no store of its own. */
interface SavedState {
  readonly profile: Profile;
  readonly assets: readonly EngineAsset[];
  readonly markets: readonly SavedMarket[];
  readonly marginCalls: MarginCalls;
  readonly fundingTimes: readonly (readonly [number, number])[];
  readonly tickTime: number | null;
  readonly ticksStarted: boolean;
  readonly pages: number;
}

/** Parts of the file, to be written one after the other; copies, so the engine may go on. */
export function snapshotParts(state: EngineState): Uint8Array[] {
  const { kernel, ticks } = state;
  const into = new ColumnWriter();
  const image = kernel.image();
  const saved: SavedState = {
    profile: state.profile,
    assets: state.assets,
    markets: state.markets.map(({ definition, slot, tables }) => ({
      definition,
      slot,
      tables: tables.map(({ handle }) => handle),
    })),
    marginCalls: state.marginCalls,
    fundingTimes: [...state.fundingTimes],
    tickTime: ticks.time ?? null,
    ticksStarted: ticks.started,
    pages: image.pages,
  };
  into.json("state", saved);
  into.column("kernel.runs", image.runs);
  into.unchecked("kernel.blocks", image.blocks);
  for (const store of columnStores(state)) store.save(into);
  state.collaterals.save(into);
  return containerParts(KERNEL_SOURCES, into.sections);
}

/** Stores that ask for nothing but their own columns. */
function columnStores(state: EngineState) {
  const { accounts, openInterest, orders, stops, settings, ledger, insurance } = state;
  return [accounts, openInterest, orders, stops, settings, ledger, insurance];
}

/**
 * @throws RiskError BAD_SNAPSHOT where it is damaged or of another version; CAPACITY where the kernel may not take that much memory
 */
export function restoreState(
  file: Uint8Array,
  kernelOptions: KernelOptions | undefined,
): EngineState {
  const from = new ColumnReader(new Container(file, KERNEL_SOURCES));
  const saved = from.json<SavedState>("state");
  const state = new EngineState(saved.profile, kernelOptions);
  const runs = from.float64("kernel.runs");
  state.kernel.loadImage({ pages: saved.pages, runs, blocks: from.unchecked("kernel.blocks") });
  for (const asset of saved.assets) state.addAsset(asset);
  for (const { definition, slot, tables } of saved.markets) {
    state.restoreMarket(definition, slot, tables);
  }
  state.collaterals.load(from, state.kernel, (definition, asset) =>
    readCoin(state, definition, asset),
  );
  for (const store of columnStores(state)) store.load(from);
  state.marginCalls = saved.marginCalls;
  for (const [market, time] of saved.fundingTimes) state.fundingTimes.set(market, time);
  state.ticks.time = saved.tickTime ?? undefined;
  state.ticks.started = saved.ticksStarted;
  return state;
}

function readCoin(
  state: EngineState,
  definition: CollateralDefinition,
  asset: number,
): CoinSpecification {
  const settleOf = (code: unknown, path: string): EngineAsset => state.asset(code, path);
  return readCollateral(definition, state.assetAt(asset), settleOf, "collateral");
}
