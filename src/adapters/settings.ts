// Settings of contracts for positions to come, as far as venues' data shows them: margin mode and leverage, by leg where legs
// have their own.
import type { MarginMode, MarketSettings, PositionSide } from "../types.ts";
import type { ReadPosition } from "./account.ts";
import { type Exact, textOf } from "./exact.ts";

/** By the venue's name of the contract. */
export type SettingsById = ReadonlyMap<string, Omit<MarketSettings, "symbol">>;

export interface Setting {
  readonly id: string;
  readonly marginMode: MarginMode;
  readonly leverage: Exact;
  /** null: of both sides. */
  readonly side: PositionSide | null;
}

/** Settings of one contract joined; a later one of the same side wins. */
export function joinSettings(list: Iterable<Setting>): SettingsById {
  const settings = new Map<string, Omit<MarketSettings, "symbol">>();
  for (const { id, marginMode, leverage, side } of list) {
    const text = textOf(leverage);
    settings.set(id, {
      ...settings.get(id),
      marginMode,
      ...(side === "short" ? {} : { longLeverage: text }),
      ...(side === "long" ? {} : { shortLeverage: text }),
    });
  }
  return settings;
}

/** What open positions show of them. */
export function settingsOfPositions(positions: readonly ReadPosition[]): SettingsById {
  const list: Setting[] = [];
  for (const { id, side, hedged, marginMode, leverage } of positions) {
    if (leverage !== undefined) list.push({ id, marginMode, leverage, side: hedged ? side : null });
  }
  return joinSettings(list);
}
