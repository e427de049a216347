// The book page as a person uses it, in a real Chromium: a book is made, prices are dragged by keyboard and by mouse, files are dropped, a race is
// run and a crash replayed. What the page shows is compared with an engine run here on the same book.
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { generateBook, standardMarkets } from "../../src/generate/index.ts";
import { launchBrowser, openPage, type WatchedPage } from "../support/web-page.ts";

const ACCOUNTS = 20_000;
const START = `book.html#accounts=${ACCOUNTS}&seed=7`;
const HEAD = "account,symbol,side,contracts,entryPrice,marginMode,leverage,isolatedMargin,balance";
const LONG = { timeout: 110_000 };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

let engineHere: RiskEngine | undefined;
/** The page's generated book, here. Nothing changes it. */
function engineOfPage(): RiskEngine {
  if (engineHere !== undefined) return engineHere;
  const markets = standardMarkets();
  engineHere = RiskEngine.fromBook({
    assets: [{ code: "USDT", decimals: 8 }],
    markets: markets.map(({ definition }) => definition),
    marks: Object.fromEntries(markets.map(({ definition, mark }) => [definition.symbol, mark])),
    accounts: [...generateBook({ accounts: ACCOUNTS, seed: "7", markets })],
  });
  return engineHere;
}

/** Marks of all markets moved by whole percents, as exact text. */
function movedMarks(percent: number): Record<string, bigint> {
  return Object.fromEntries(
    standardMarkets().map(({ definition, mark }) => {
      const [whole = "", fraction = ""] = mark.split(".");
      const units = BigInt(whole + fraction.padEnd(8, "0"));
      // Toward the mark.
      return [definition.symbol, units + (units * BigInt(percent)) / 100n];
    }),
  );
}

async function shown(page: Page, selector: string): Promise<string> {
  return (await page.textContent(selector))?.trim() ?? "";
}

async function count(page: Page, key: string): Promise<number> {
  return Number((await shown(page, `[data-count=${key}]`)).replaceAll(",", ""));
}

/** Waits until the page shows a move and the frame that belongs to it. */
async function settledAt(page: Page, move: string): Promise<void> {
  await page.waitForFunction((words) => {
    const told = document.getElementById("told")?.textContent ?? "";
    return told.startsWith(`At ${words}:`);
  }, move);
}

/** Loads that are over, and the book's name. */
async function loaded(page: Page, name: string): Promise<void> {
  await page.waitForFunction(
    (words) => document.querySelector("[data-fact=name]")?.textContent === words,
    name,
    LONG,
  );
}

async function quiet({ page, errors, lateRequests }: WatchedPage): Promise<void> {
  expect(errors).toEqual([]);
  expect(lateRequests).toEqual([]);
  await page.context().close();
}

describe("dragging", () => {
  it("by keyboard shows what the engine finds at these prices", async () => {
    const watched = await openPage(browser, START);
    const { page } = watched;
    await page.focus(".price-slider");
    // A page is a tenth of the slider's way: 9 %.
    await page.keyboard.press("PageDown");
    await page.keyboard.press("PageDown");
    for (let step = 0; step < 20; step++) await page.keyboard.press("ArrowUp");
    await settledAt(page, "−16.0 %");
    const engine = engineOfPage();
    const scan = engine.scanAt(movedMarks(-16));
    const lines = [...scan.lines()];
    expect(await count(page, "scopes")).toBe(scan.count);
    expect(await count(page, "accounts")).toBe(new Set(lines.map(({ account }) => account)).size);
    expect(await count(page, "isolated")).toBe(
      lines.filter(({ scope }) => scope === "isolated").length,
    );
    const deepest = await page.$$eval(".deepest tbody tr", (rows) =>
      rows.map((row) => {
        const [account, , clearance] = [...row.children];
        return [account?.textContent?.trim(), clearance?.getAttribute("title")];
      }),
    );
    expect(deepest).toEqual(
      scan.deepest(12).map(({ account, clearance, settle }) => [account, `${clearance} ${settle}`]),
    );
    const passed = /(\d[\d,]*) scopes fall below the mark/.exec(
      (await page.getAttribute("#map", "aria-label")) ?? "",
    );
    const map = engine.liquidationMap({
      symbol: "BTC/USDT:USDT",
      from: "-0.45",
      to: "0.45",
      levels: 180,
      beta: "1",
    });
    expect(Number(passed?.[1]?.replaceAll(",", ""))).toBe(map.totals.long.scopes);
    // The address brings the same page up again.
    const again = await openPage(
      browser,
      new URL(page.url()).pathname.slice(1) + new URL(page.url()).hash,
    );
    await settledAt(again.page, "−16.0 %");
    expect(await count(again.page, "scopes")).toBe(scan.count);
    await quiet(again);
    await quiet(watched);
  });

  it("by mouse, on slider and map, keeps one request in flight", async () => {
    const watched = await openPage(browser, START);
    const { page } = watched;
    const flights = await page.context().newPage();
    await flights.addInitScript(() => {
      const seen = { sent: 0, answered: 0, most: 0 };
      Object.assign(globalThis, { seen });
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (this: Worker, message: { kind: string }) {
        if (seen.sent === 0) {
          this.addEventListener("message", ({ data }) => {
            if (data.kind === "frame") seen.answered++;
          });
        }
        if (message.kind === "frame") {
          seen.sent++;
          seen.most = Math.max(seen.most, seen.sent - seen.answered);
        }
        post.call(this, message);
      };
    });
    await flights.goto(page.url());
    await flights.waitForSelector("#app:not([aria-busy])");
    const before = await count(flights, "scopes");
    const slider = await flights.locator(".price-slider").boundingBox();
    if (slider === null) throw new Error("the slider is laid out");
    const middle = slider.y + slider.height / 2;
    await flights.mouse.move(slider.x + slider.width / 2, middle);
    await flights.mouse.down();
    await flights.mouse.move(slider.x + slider.width * 0.25, middle, { steps: 25 });
    await flights.mouse.up();
    await flights.waitForFunction((least) => {
      const scopes = document.querySelector("[data-count=scopes]")?.textContent ?? "";
      return Number(scopes.replaceAll(",", "")) > least;
    }, 20 * before);
    const map = await flights.locator("#map").boundingBox();
    if (map === null) throw new Error("the map is laid out");
    await flights.mouse.move(map.x + map.width * 0.3, map.y + map.height / 2);
    await flights.mouse.down();
    await flights.mouse.move(map.x + map.width * 0.7, map.y + map.height / 2, { steps: 10 });
    await flights.mouse.up();
    await flights.waitForFunction(() =>
      /^\+/.test(document.querySelector("[data-figure=move]")?.textContent ?? ""),
    );
    const seen = await flights.evaluate(
      () => (globalThis as unknown as { seen: { sent: number; most: number } }).seen,
    );
    expect(seen.most).toBe(1);
    expect(seen.sent).toBeGreaterThan(5);
    await quiet(watched);
  });

  it("of one market alone counts only what it moves", async () => {
    const watched = await openPage(browser, START);
    const { page } = watched;
    await page.selectOption("[name=market]", { label: "ETH/USDT:USDT" });
    await page.getByLabel("this market alone").check();
    await page.fill(".price-slider", "-200000");
    await settledAt(page, "−20.0 %");
    const price = (movedMarks(-20)["ETH/USDT:USDT"] ?? 0n).toString();
    const scan = engineOfPage().scanAt({
      "ETH/USDT:USDT": `${price.slice(0, -8)}.${price.slice(-8)}`,
    });
    expect(await count(page, "scopes")).toBe(scan.count);
    await page.getByRole("button", { name: "Back to the mark" }).click();
    await settledAt(page, "0.0 %");
    expect(await count(page, "scopes")).toBe(engineOfPage().scan().count);
    await quiet(watched);
  });
});

describe("the map", () => {
  it("is dragged by the first button while it is held, and not while the crash plays", async () => {
    const watched = await openPage(browser, START);
    const { page } = watched;
    const map = await page.locator("#map").boundingBox();
    if (map === null) throw new Error("the map is laid out");
    const move = () => shown(page, "[data-figure=move]");
    const over = (share: number) => page.mouse.move(map.x + map.width * share, map.y + 100);
    await over(0.3);
    await page.mouse.down({ button: "right" });
    await over(0.4);
    expect(await move()).toBe("0.0 %");
    await page.mouse.up({ button: "right" });
    await page.mouse.down();
    await over(0.3);
    expect(await move()).toMatch(/^−/);
    // Released where nobody tells: under a menu, out of the window.
    await page.dispatchEvent("#map", "pointermove", { buttons: 0 });
    await page.mouse.up();
    const left = await move();
    await over(0.8);
    expect(await move()).toBe(left);
    await page.selectOption("[name=speed]", "1");
    await page.click("[name=play]");
    await page.waitForFunction(
      () => document.querySelector("[data-replay=clock]")?.textContent === "minute 1 of 240",
    );
    expect(await shown(page, "[data-count=scopes]")).toBe("–");
    expect(await page.isDisabled(".price-slider")).toBe(true);
    await over(0.3);
    await page.mouse.down();
    await over(0.2);
    await page.mouse.up();
    expect(await move()).toBe("0.0 %");
    expect(await watched.accessFaults()).toEqual([]);
    await page.click("[name=play]");
    await settledAt(page, "0.0 %");
    // Whoever was under water has been liquidated.
    await page.waitForFunction(
      () => document.querySelector("[data-count=scopes]")?.textContent === "0",
    );
    await quiet(watched);
  });

  it("keeps its colours where the system forces others", async () => {
    const context = await browser.newContext({ forcedColors: "active" });
    const watched = await openPage(browser, `${START}&move=-20&together`, { context });
    const { page } = watched;
    await settledAt(page, "−20.0 %");
    // The bars that the wash lies under, and the ground beside it: one colour alone would hide them.
    const colours = await page.$eval("#map", (element) => {
      const canvas = element as HTMLCanvasElement;
      const image = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height);
      const counts = new Map<number, number>();
      for (const pixel of new Uint32Array(image?.data.buffer ?? new ArrayBuffer(0))) {
        counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
      }
      return [...counts.values()].filter((pixels) => pixels > 100).length;
    });
    expect(colours).toBeGreaterThanOrEqual(5);
    await quiet(watched);
  });
});

describe("files", () => {
  it("are opened by choice and by drop, and bad rows are told with the old book in place", async () => {
    const watched = await openPage(browser, START);
    const { page } = watched;
    const rows = [
      HEAD,
      "ann,BTC/USDT:USDT,long,0.5,115000,cross,20,,500",
      "bob,ETH/USDT:USDT,short,2,4000,isolated,10,800,0",
    ];
    const csv = (text: string) => ({ mimeType: "text/csv", buffer: Buffer.from(text) });
    await page.setInputFiles("[name=files]", {
      name: "positions.csv",
      ...csv(`${rows.join("\n")}\n`),
    });
    await loaded(page, "positions.csv");
    expect(await shown(page, ".load .facts")).toMatch(/Accounts\s*2\s*Positions\s*2/);
    await page.fill(".price-slider", "-10000");
    await settledAt(page, "−1.0 %");
    expect(await count(page, "scopes")).toBe(1);
    expect(await page.getAttribute(".deepest tbody td.number:nth-child(4)", "title")).toBe(
      "102.606 USDT",
    );
    await page.setInputFiles("[name=files]", {
      name: "broken.csv",
      ...csv(`${HEAD}\nann,BTC/USDT:USDT,long,0.5x,1,cross,,,\nann,NOPE,long,1,1,cross,,,\n`),
    });
    await page.waitForSelector("[role=alert]");
    const told = await shown(page, "[role=alert]");
    expect(told).toContain("2 problems");
    expect(told).toContain("broken.csv:2:24");
    expect(told).toContain("broken.csv:3:5");
    expect(await shown(page, "[data-fact=name]")).toBe("positions.csv");
    expect(await count(page, "scopes")).toBe(1);
    expect(await watched.accessFaults()).toEqual([]);
    const transfer = await page.evaluateHandle(
      (text) => {
        const data = new DataTransfer();
        data.items.add(new File([text], "dropped.csv"));
        return data;
      },
      `${rows.slice(0, 2).join("\n")}\n`,
    );
    await page.dispatchEvent("main", "dragover", { dataTransfer: transfer });
    await page.waitForSelector(".dropping");
    await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
    await loaded(page, "dropped.csv");
    expect(await page.locator("[role=alert]").count()).toBe(0);
    expect(await page.locator(".dropping").count()).toBe(0);
    await page.getByRole("button", { name: "Generate" }).click();
    await loaded(page, "20,000 accounts, seed 7");
    await quiet(watched);
  });
});

describe("race, sweep and replay", () => {
  it("shows the ratio to JavaScript with the same lists, and the frames of a sweep, on a phone", async () => {
    const watched = await openPage(browser, START, { width: 390, height: 844 });
    const { page } = watched;
    await page.getByRole("button", { name: "Race" }).click();
    await page.waitForSelector("[data-figure=agreement]", LONG);
    expect(await shown(page, "[data-figure=agreement]")).toBe(
      "All lists were the same in all 40 rounds.",
    );
    const ratios = await page.$$eval("[data-figure=ratio]", (cells) =>
      cells.map((cell) => cell.textContent ?? ""),
    );
    expect(ratios).toHaveLength(3);
    expect(ratios[0]).toBe("1.00×");
    for (const ratio of ratios) expect(ratio).toMatch(/^\d+\.\d\d×$/);
    await page.getByRole("button", { name: "Sweep 300 frames" }).click();
    await page.waitForFunction(
      () => document.querySelector("[data-figure=measured]")?.textContent !== "",
      null,
      LONG,
    );
    expect(await shown(page, "[data-figure=measured]")).toMatch(
      /^300 frames over 20,000 accounts: [\d.]+ a second; interval p50 /,
    );
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    expect(await watched.accessFaults()).toEqual([]);
    await quiet(watched);
  });

  it("plays the crash to its end, and makes the book anew", async () => {
    const watched = await openPage(browser, START);
    const { page } = watched;
    const before = await count(page, "scopes");
    await page.selectOption("[name=speed]", "0");
    await page.click("[name=step]");
    await page.waitForFunction(
      () => document.querySelector("[data-replay=clock]")?.textContent === "minute 1 of 240",
      null,
      LONG,
    );
    await page.click("[name=play]");
    await page.waitForFunction(
      () => document.querySelector("[data-replay=clock]")?.textContent === "minute 240 of 240",
      null,
      LONG,
    );
    const liquidated = Number((await shown(page, "[data-replay=accounts]")).replaceAll(",", ""));
    expect(liquidated).toBeGreaterThan(1_000);
    expect(await page.getAttribute("#cascade", "aria-label")).toContain("after 240 of 240 minutes");
    expect(await page.isDisabled("[name=play]")).toBe(true);
    expect(await watched.accessFaults()).toEqual([]);
    await page.click("[name=reset]");
    await page.waitForFunction(
      () => document.querySelector("[data-replay=clock]")?.textContent === "4 hours of tape",
      null,
      LONG,
    );
    await page.waitForFunction(
      (scopes) => {
        const text = document.querySelector("[data-count=scopes]")?.textContent ?? "";
        return Number(text.replaceAll(",", "")) === scopes;
      },
      before,
      LONG,
    );
    await quiet(watched);
  });
});

describe("the page", () => {
  it("paints within a second and does not jump as the book comes in", async () => {
    const { page } = await openPage(browser, START, { width: 390, height: 844 });
    const { paint, shift } = await page.evaluate(
      () =>
        new Promise<{ paint: number; shift: number }>((resolve) => {
          const [first] = performance.getEntriesByName("first-contentful-paint");
          let shift = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
              shift += (entry as PerformanceEntry & { value: number }).value;
            }
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve({ paint: first?.startTime ?? Number.NaN, shift }), 300);
        }),
    );
    expect(shift).toBeLessThan(0.05);
    // Told, not asserted: a loaded machine paints when it can.
    expect(paint).toBeGreaterThan(0);
    await page.context().close();
  });
});
