// Games that went wrong once, shrunk: kept so that they are played every time.
import type { Command, Profile } from "../../../src/types.ts";
import { BTC, COIN, ETH } from "./venue.ts";

export interface PinnedGame {
  readonly name: string;
  readonly profile: Profile;
  readonly commands: readonly Command[];
}

export const PINNED: readonly PinnedGame[] = [
  {
    name: "a flip of a pool below its initial margin is judged whole (noWorse)",
    profile: "dydx",
    commands: [
      {
        type: "fill",
        account: "three",
        symbol: ETH,
        side: "buy",
        amount: 119n,
        price: 1_999_998n,
        leverage: 1_500n,
      },
      {
        type: "fill",
        account: "three",
        symbol: ETH,
        side: "sell",
        amount: 185n,
        price: 602_003n,
        leverage: 5_000n,
      },
      {
        type: "fill",
        account: "three",
        symbol: ETH,
        side: "buy",
        amount: 68n,
        price: 2_071_997n,
        leverage: 1n,
      },
    ],
  },
  {
    name: "open orders do not stand in the way of a flip to a smaller position (noWorse)",
    profile: { reductions: "noWorse" },
    commands: [
      {
        type: "fill",
        account: "one",
        symbol: BTC,
        side: "buy",
        amount: 2n,
        price: 400_000n,
        marginMode: "cross",
        leverage: 2_000n,
        fee: 0n,
      },
      {
        type: "fill",
        account: "one",
        symbol: BTC,
        side: "buy",
        amount: 2n,
        price: 500_000n,
        marginMode: "cross",
        fee: 199_200_000n,
      },
      {
        type: "fill",
        account: "two",
        symbol: BTC,
        side: "sell",
        amount: 4n,
        price: 500_000n,
        positionSide: "short",
        marginMode: "cross",
        leverage: 10_000n,
        fee: 199_800_000n,
      },
      {
        type: "placeOrder",
        account: "one",
        order: { id: "a", symbol: BTC, side: "sell", amount: 3n, price: 400_000n },
      },
      {
        type: "fill",
        account: "one",
        symbol: BTC,
        side: "sell",
        amount: 7n,
        price: 547_809n,
        leverage: 2_000n,
      },
    ],
  },
  {
    name: "open orders do not stand in the way of a reduction (noWorse)",
    profile: { reductions: "noWorse" },
    commands: [
      {
        type: "fill",
        account: "one",
        symbol: COIN,
        side: "sell",
        amount: 56n,
        price: 682_011n,
        leverage: 100_000n,
      },
      {
        type: "placeOrder",
        account: "one",
        order: { id: "a", symbol: COIN, side: "buy", amount: 77_310n, price: 500_010n },
      },
      { type: "fill", account: "one", symbol: COIN, side: "buy", amount: 1n, price: 500_010n },
    ],
  },
  {
    name: "an account-wide switch leaves the settings of positions alone that are in the mode already",
    profile: "bybit",
    commands: [
      {
        type: "setPosition",
        account: "three",
        position: {
          symbol: COIN,
          side: "long",
          contracts: 500n,
          entryPrice: 1_137_023n,
          marginMode: "isolated",
          leverage: 100_001n,
          isolatedMargin: 38_320_561n,
        },
      },
      { type: "fill", account: "three", symbol: ETH, side: "sell", amount: 3n, price: 2_000_001n },
      { type: "setMarginMode", account: "three", marginMode: "isolated", leverage: 1_000n },
    ],
  },
  {
    name: "an account-wide switch that moves nothing asks nothing of the cross pool",
    profile: "bybit",
    commands: [
      {
        type: "setMarginMode",
        account: "one",
        marginMode: "isolated",
        symbol: BTC,
        policy: "convertIfSafe",
      },
      {
        type: "setPosition",
        account: "one",
        position: {
          symbol: COIN,
          side: "long",
          contracts: 500n,
          entryPrice: 510_508n,
          marginMode: "cross",
          leverage: 1n,
        },
      },
      { type: "setMarginMode", account: "one", marginMode: "cross" },
    ],
  },
  {
    name: "a position with a negative margin is closed in part, not whole",
    profile: "binance",
    commands: [
      {
        type: "setPosition",
        account: "one",
        position: {
          symbol: BTC,
          side: "short",
          contracts: 1n,
          entryPrice: 500_000n,
          marginMode: "isolated",
          leverage: 1_000n,
          isolatedMargin: 1n,
        },
      },
      {
        type: "fill",
        account: "one",
        symbol: BTC,
        side: "sell",
        amount: 4n,
        price: 440_500n,
        leverage: 3_000n,
        fee: 339_334n,
      },
      { type: "settleFunding", time: 1, rates: { [BTC]: -(10n ** 11n) } },
      { type: "fill", account: "one", symbol: BTC, side: "buy", amount: 5n, price: 440_500n },
      {
        type: "fill",
        account: "one",
        symbol: BTC,
        side: "buy",
        amount: 4n,
        price: 400_000n,
        leverage: 10_000n,
      },
    ],
  },
];
