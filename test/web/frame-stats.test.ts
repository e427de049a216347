// Distributions of frame times: quantiles by the nearest rank, histograms that lose nothing, motions told apart; and requests of which only the
// newest matters.
import { describe, expect, it } from "vitest";
import { FrameLog, histogram, MOTION_MS, NO_SPREAD, spreadOf } from "../../web/book/frame-stats.ts";
import { Latest } from "../../web/book/latest.ts";

describe("spreads", () => {
  it("are quantiles by the nearest rank", () => {
    expect(spreadOf([])).toBe(NO_SPREAD);
    expect(spreadOf([3])).toEqual({ count: 1, least: 3, p50: 3, p95: 3, most: 3 });
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(spreadOf(hundred)).toEqual({ count: 100, least: 1, p50: 50, p95: 95, most: 100 });
  });

  it("histograms count every time once, late ones in the last bin", () => {
    expect(histogram([0, 9.99, 10, 59, 60, 1_000, -1], 60, 6)).toEqual([3, 1, 0, 0, 0, 3]);
  });
});

describe("FrameLog", () => {
  it("keeps the last frames, and intervals only within a motion", () => {
    const log = new FrameLog(3);
    expect(log.perSecond).toBeNaN();
    log.add(1, 2, 0, 10);
    log.add(1, 2, 10, 30);
    log.add(1, 2, 25, 50);
    expect(log.times("interval")).toEqual([20, 20]);
    expect(log.times("whole")).toEqual([10, 20, 25]);
    expect(log.perSecond).toBe(50);
    log.add(5, 6, 50 + MOTION_MS, 51 + MOTION_MS);
    expect(log.times("interval")).toEqual([20, 20]);
    expect(log.spread("scan")).toEqual({ count: 3, least: 1, p50: 1, p95: 5, most: 5 });
    log.clear();
    expect(log.count).toBe(0);
  });

  it("leaves no slow frame of a sweep out", () => {
    const log = new FrameLog(9);
    for (const drawn of [0, 20, 20 + 2 * MOTION_MS]) log.add(1, 2, drawn, drawn, true);
    expect(log.times("interval")).toEqual([20, 2 * MOTION_MS]);
    expect(log.perSecond).toBeCloseTo(2_000 / (20 + 2 * MOTION_MS), 9);
  });
});

describe("Latest", () => {
  it("sends one at a time, and of those that wait only the newest", () => {
    const sent: number[] = [];
    const latest = new Latest<number>((wish) => sent.push(wish));
    latest.want(1);
    latest.want(2);
    latest.want(3);
    expect(sent).toEqual([1]);
    expect(latest.inFlight).toBe(true);
    latest.answered();
    expect(sent).toEqual([1, 3]);
    latest.want(4);
    latest.forget();
    latest.answered();
    expect(sent).toEqual([1, 3]);
    expect(latest.idle).toBe(true);
  });
});
