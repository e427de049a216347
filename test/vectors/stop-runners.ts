// Worked examples of stops: which mark fires which trigger. The price that a venue compares is no figure of the engine's: it is found as the
// lowest trigger of a long's stop losses that the mark fires.
import type { Answers, Runner } from "./check.ts";
import type { Vector } from "./runners.ts";
import { bench, flatTiers, put, SYMBOL } from "./workbench.ts";

/** Stops at every tick around the trigger, on a long above them all, and one tick of the mark. */
function cutMark({ inputs, venue }: Vector): Answers {
  const { markPrice, priceDecimals, triggerPrice } = inputs;
  const above = Number(triggerPrice) * 2;
  const engine = bench(
    [{ tiers: flatTiers(0.005), mark: above, priceDecimals: 9, tickDecimals: priceDecimals }],
    { profile: venue === "binance" ? "binance" : "default" },
  );
  engine.setBalance("a", "S", "1000");
  put(engine, { size: 1, entry: above });
  const step = 10 ** -priceDecimals;
  for (let ticks = -5; ticks <= 5; ticks++) {
    const id = (Number(triggerPrice) + ticks * step).toFixed(priceDecimals);
    engine.placeStop("a", { id, kind: "mark", symbol: SYMBOL, triggerPrice: id });
  }
  const marks = { [SYMBOL]: markPrice };
  const events = engine.apply({ type: "tick", marks, stops: "report" });
  const fired = events.flatMap((event) => (event.type === "stopTriggered" ? [event.stop] : []));
  return { comparedPrice: fired.sort()[0], triggered: fired.includes(triggerPrice) };
}

export const STOP_RUNNERS: ReadonlyMap<string, Runner> = new Map<string, Runner>([
  ["stop.trigger", cutMark],
]);
