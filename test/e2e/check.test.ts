// The risk check page as a person uses it, in a real Chromium: positions typed and pasted, sliders moved until liquidation, a mode switched
// through its preview, a stop placed where it cannot work, a link shared. Figures on the page are held against an engine in this process.
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { exampleState } from "../../web/check/samples.ts";
import { money, percent, price } from "../../web/shared/format.ts";
import { launchBrowser, openPage, type WatchedPage } from "../support/web-page.ts";

const BTC = "BTC/USDT:USDT";
const FIXTURES = new URL("../adapters/fixtures/", import.meta.url);

let browser: Browser;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
/** Whatever a person does, the page says nothing on the console and asks the network for nothing. */
afterEach(async () => {
  expect(watched.errors).toEqual([]);
  expect(watched.lateRequests).toEqual([]);
  await page.context().close();
});

async function open(
  path = "index.html",
  options: Parameters<typeof openPage>[2] = {},
): Promise<void> {
  watched = await openPage(browser, path, options);
  page = watched.page;
}

function engineOf(change: (engine: RiskEngine) => void = () => {}): RiskEngine {
  const engine = RiskEngine.fromBook(exampleState().book);
  change(engine);
  return engine;
}

/** The exact figures in the titles of the scopes' cards, by name. */
async function scopeFigures(): Promise<Record<string, string>[]> {
  return page
    .locator(".scope")
    .evaluateAll((cards) =>
      cards.map((card) =>
        Object.fromEntries(
          [...card.querySelectorAll("dl > div")].map((row) => [
            row.querySelector("dt")?.textContent ?? "",
            row.querySelector("dd")?.title ?? "",
          ]),
        ),
      ),
    );
}

function engineFigures(engine: RiskEngine): Record<string, string>[] {
  return engine
    .account("example")
    .scopes()
    .map(({ equity, maintenanceMargin, clearance, jointShock }) => ({
      Equity: equity,
      Maintenance: maintenanceMargin,
      Clearance: clearance,
      "Joint shock": jointShock ?? "",
    }));
}

/** Puts a range where a drag would. */
async function slideTo(selector: string, value: number): Promise<void> {
  await page.locator(selector).evaluate((input, to) => {
    (input as HTMLInputElement).value = String(to);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }, value);
}

const JOINT = "#joint";
const slider = (symbol: string): string => `[id="slide-${symbol}"]`;

describe("figures", () => {
  it("are the engine's, at the marks and wherever the sliders stand", async () => {
    await open();
    expect(await scopeFigures()).toEqual(engineFigures(engineOf()));
    await slideTo(slider(BTC), -500);
    const at =
      (await page
        .locator(".market", { hasText: "BTC" })
        .locator("output.market-price")
        .getAttribute("title")) ?? "";
    expect(at).toBe("109590.8");
    expect(await scopeFigures()).toEqual(
      engineFigures(engineOf((engine) => engine.setMarks({ [BTC]: at }))),
    );
    const [, eth] = engineOf().account("example").scopes();
    await page.getByRole("button", { name: "Back to the marks" }).click();
    expect(await page.locator("#headline").textContent()).toContain(
      percent(eth?.jointShock ?? "", "down"),
    );
  });

  it("name liquidation prices, tiers and results of each position", async () => {
    await open();
    const rows = page.locator(".position-table tbody tr");
    const views = engineOf().account("example").positions();
    expect(await rows.count()).toBe(views.length);
    for (const view of views) {
      const row = page.getByRole("row", { name: new RegExp(`^${view.symbol.slice(0, 3)}`) });
      const { down, up } = view.liquidationPrice;
      const text = (await row.textContent()) ?? "";
      expect(text).toContain(down === null ? price(up ?? "", "down") : price(down, "up"));
      expect(text).toContain(`tier ${view.tier}`);
      expect(text).toContain(money(view.notional));
    }
  });
});

describe("sliders", () => {
  it("go until liquidation, which the page tells everywhere at once", async () => {
    await open();
    await page.locator(JOINT).focus();
    const headline = page.locator("#headline");
    let steps = 0;
    while (!(await headline.textContent())?.startsWith("Aground:") && steps < 100) {
      await page.keyboard.press("ArrowRight");
      steps++;
    }
    // The isolated long goes at 4.09 %: the first step of a tenth of a per cent beyond it.
    expect(steps).toBe(41);
    expect(await headline.textContent()).toBe("Aground: ETH long, isolated");
    expect(await page.locator(".position-table").textContent()).toContain("aground");
    const eth = page.locator(".stop", { hasText: "suspended" });
    expect(await eth.textContent()).toContain("stops no longer fire");
    const table = await page.locator(".compare tbody").textContent();
    expect(table).toMatch(/as it stands.*ETH long liquidated/s);
    expect(table).toMatch(/all cross.*ETH long carried by the rest/s);
    await expect.poll(() => page.locator("#live").textContent()).toContain("Liquidated: ETH long");
  });

  it("say what happens on the way once they rest: the stop fires, the isolated long is gone", async () => {
    await open();
    await slideTo(JOINT, 700);
    const way = page.locator(".way");
    await expect
      .poll(() => way.textContent())
      .toContain(
        "Stop 1 fires and closes 2.8 BTC long at 109,000. ETH long, isolated is liquidated.",
      );
    await page.getByRole("button", { name: "Back to the marks" }).click();
    expect(await way.textContent()).toContain("Move a slider");
  });

  it("load no book, and the page says how long each move took", async () => {
    await open();
    const measure = await page.evaluate(() => {
      performance.clearMarks();
      performance.clearMeasures();
      const at = (id: string, value: number): void => {
        const input = document.getElementById(id) as HTMLInputElement;
        input.value = String(value);
        input.dispatchEvent(new Event("input", { bubbles: true }));
      };
      for (let step = 1; step <= 60; step++) {
        at("joint", step * 10);
        at("slide-BTC/USDT:USDT", -step * 10);
      }
      const durations = performance
        .getEntriesByName("underkeel:slide")
        .map(({ duration }) => duration)
        .sort((a, b) => a - b);
      return { loads: performance.getEntriesByName("underkeel:load").length, durations };
    });
    expect(measure.durations.length).toBe(120);
    expect(measure.loads).toBe(0);
    const middle = measure.durations[60] ?? 0;
    console.log(
      `a slider's update: median ${middle.toFixed(1)} ms, slowest ${measure.durations.at(-1)?.toFixed(1)} ms`,
    );
  });

  it("jump to a liquidation price to the last digit, where clearance is below zero", async () => {
    await open();
    await page.getByRole("button", { name: /Put BTC at its liquidation price/ }).click();
    const [cross] = await scopeFigures();
    const down = engineOf().account("example").position(BTC).liquidationPrice.down ?? "";
    expect(cross).toEqual(engineFigures(engineOf((engine) => engine.setMarks({ [BTC]: down })))[0]);
    expect(cross?.Clearance?.startsWith("-")).toBe(true);
    expect(await page.locator("#headline").textContent()).toContain("Cross account");
  });
});

describe("editing", () => {
  it("starts empty, takes positions as one types, and keeps the focus", async () => {
    await open();
    await page.getByRole("button", { name: "Start empty" }).click();
    expect(await page.locator("#headline").textContent()).toBe("Nothing under the keel yet");
    await page.getByRole("button", { name: "Add long" }).click();
    const size = page.getByLabel("Size of BTC long");
    await size.fill("");
    await size.pressSequentially("0.05");
    await page.getByLabel("Entry price of BTC long").fill("110,000");
    await page.getByLabel("Wallet, USDT").fill("2500");
    expect(await size.inputValue()).toBe("0.05");
    const engine = RiskEngine.fromBook({
      ...exampleState().book,
      accounts: [
        {
          id: "x",
          balances: { USDT: "2500" },
          positions: [
            {
              symbol: BTC,
              side: "long",
              contracts: "0.05",
              entryPrice: "110000",
              marginMode: "cross",
            },
          ],
        },
      ],
    });
    const [scope] = engine.account("x").scopes();
    expect((await scopeFigures())[0]?.Clearance).toBe(scope?.clearance);
  });

  it("marks what is wrong at its field in the engine's words and keeps the last sound figures", async () => {
    await open();
    const before = await scopeFigures();
    const size = page.getByLabel("Size of BTC long");
    await size.fill("2.8001");
    expect(await size.getAttribute("aria-invalid")).toBe("true");
    const problem = page.locator(".problem");
    expect(await problem.textContent()).toMatch(/Size .*at most 3 decimals/);
    expect(await size.getAttribute("aria-describedby")).toBe(await problem.getAttribute("id"));
    expect(await scopeFigures()).toEqual(before);
    for (const text of ["", "-1", "abc", "1e400", "99999999999999999999"]) {
      await size.fill(text);
      expect(await size.getAttribute("aria-invalid")).toBe("true");
      expect(await page.locator("main").textContent()).not.toMatch(/NaN|undefined|Infinity/);
    }
    await size.fill("2.8");
    expect(await size.getAttribute("aria-invalid")).toBe("false");
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Remove SOL short" }).click();
    expect(await page.locator(".position-table tbody tr").count()).toBe(2);
    await page.getByRole("button", { name: "Undo" }).click();
    expect(await page.locator(".position-table tbody tr").count()).toBe(3);
  });
});

describe("a margin mode", () => {
  it("is switched through its preview, exactly as previewed", async () => {
    await open();
    await page.getByLabel(/Margin mode of SOL short/).selectOption("isolated");
    const dialog = page.locator("dialog#switch");
    await dialog.waitFor({ state: "visible" });
    const preview = engineOf().previewMarginMode({
      account: "example",
      symbol: "SOL/USDT:USDT",
      marginMode: "isolated",
    });
    const sol = preview.positions.find(({ symbol }) => symbol.startsWith("SOL"));
    const { before, after } = sol?.liquidationPrice ?? {};
    const text = await dialog.textContent();
    expect(text).toContain(`${money(preview.transfer ?? "", "up")} USDT leave the wallet`);
    expect(text).toContain(
      `liquidation moves from ${price(before?.up ?? "", "down")} to ${price(after?.up ?? "", "down")}`,
    );
    expect(await watched.accessFaults()).toEqual([]);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    expect(await page.locator(".scope").count()).toBe(2);
    await page.getByLabel(/Margin mode of SOL short/).selectOption("isolated");
    await dialog.getByRole("button", { name: "Apply the switch" }).click();
    expect(await page.locator(".scope").count()).toBe(3);
    expect(await page.getByLabel("Isolated margin of SOL short").inputValue()).toBe(
      preview.transfer,
    );
    const switched = engineOf((engine) => {
      engine.apply({
        type: "setMarginMode",
        account: "example",
        symbol: "SOL/USDT:USDT",
        marginMode: "isolated",
      });
    });
    expect(await scopeFigures()).toEqual(engineFigures(switched));
  });

  it("is refused in words where the venue refuses it, and can still be corrected", async () => {
    await open();
    await page.getByLabel("Rules of").selectOption("binance");
    await page.getByLabel(/Margin mode of SOL short/).selectOption("isolated");
    const dialog = page.locator("dialog#switch");
    expect(await dialog.textContent()).toContain(
      "Binance does not change the margin mode of an open position",
    );
    expect(await dialog.getByRole("button", { name: "Apply the switch" }).isDisabled()).toBe(true);
    await dialog.getByRole("button", { name: "Only correct the entry" }).click();
    expect(await page.locator(".scope").count()).toBe(3);
    expect(await page.getByLabel("Wallet, USDT").inputValue()).toBe("34000");
  });
});

describe("a stop", () => {
  it("beyond liquidation is told so, and moved to where it works", async () => {
    await open();
    await page.getByRole("button", { name: "Add stop" }).click();
    const figure = page.getByLabel("Figure of stop 4");
    await figure.fill("105000");
    const stop = page.locator(".stop").nth(3);
    expect(await stop.locator(".pill").textContent()).toBe("beyond liquidation");
    expect(await stop.textContent()).toContain(
      "The position is liquidated before the mark reaches 105,000",
    );
    await stop.getByRole("button", { name: /Move it to/ }).click();
    const engine = engineOf((one) => {
      one.placeStop("example", { id: "4", kind: "mark", symbol: BTC, triggerPrice: "105000" });
    });
    const placed = engine.account("example").stops()[3];
    expect(await figure.inputValue()).toBe(placed?.triggerPrice);
    expect(await stop.locator(".pill").textContent()).toBe("contested");
    await page.getByLabel("Kind of stop 4").selectOption("drawdown");
    expect(await page.getByLabel("Figure of stop 4").inputValue()).toBe("30");
    await page.getByLabel("What stop 4 closes").selectOption("everything cross");
    expect(await stop.textContent()).toContain("it would close 2 positions");
    await page.getByRole("button", { name: "Remove stop 4" }).click();
    expect(await page.locator(".stop").count()).toBe(3);
  });
});

describe("pasting", () => {
  const file = (name: string): string => readFileSync(new URL(`${name}.json`, FIXTURES), "utf8");
  const VENUES: readonly (readonly [venue: string, text: string, positions: number])[] = [
    [
      "Binance",
      [
        "binance-account-v2",
        "binance-position-risk-v2",
        "binance-brackets",
        "binance-exchange-info",
      ]
        .map(file)
        .join("\n"),
      3,
    ],
    [
      "Bybit",
      ["bybit-positions", "bybit-wallet-isolated", "bybit-risk-limit", "bybit-instruments"]
        .map(file)
        .join("\n"),
      3,
    ],
    ["Hyperliquid", ["hyperliquid-state", "hyperliquid-meta"].map(file).join("\n"), 3],
    [
      "ccxt",
      JSON.stringify({
        wallets: { USDT: "5000" },
        positions: [
          {
            symbol: "ETH/USDT:USDT",
            side: "short",
            contracts: 2.5,
            contractSize: 1,
            entryPrice: 3900.5,
            markPrice: 3920,
            marginMode: "cross",
          },
        ],
      }),
      1,
    ],
    ["a book", JSON.stringify(exampleState().book), 3],
  ];

  it.each(VENUES)("reads %s", async (venue, text, positions) => {
    await open();
    await page.getByRole("button", { name: "Paste your account" }).click();
    await page.getByLabel("Text", { exact: true }).fill(text);
    expect(await page.locator("#paste-outcome").textContent()).toContain(venue);
    await page.getByRole("button", { name: "Use it" }).click();
    expect(await page.locator(".position-table tbody tr").count()).toBe(positions);
    expect(await page.locator(".notice").textContent()).toContain(`Read from ${venue}`);
    expect(await page.locator("main").textContent()).not.toMatch(/NaN|undefined/);
  });

  it("says what is wrong and leaves the page as it was", async () => {
    await open();
    const before = await scopeFigures();
    await page.getByRole("button", { name: "Paste your account" }).click();
    const text = page.getByLabel("Text", { exact: true });
    const book = exampleState().book;
    const [account] = book.accounts;
    const wrong = { ...book, accounts: [{ ...account, balances: { USDT: "much" } }] };
    await text.fill(JSON.stringify(wrong));
    const outcome = page.locator("#paste-outcome");
    expect(await outcome.textContent()).toContain('accounts[0].balances["USDT"]');
    expect(await outcome.textContent()).toContain("much");
    expect(await page.getByRole("button", { name: "Use it" }).isDisabled()).toBe(true);
    expect(await watched.accessFaults()).toEqual([]);
    await page.keyboard.press("Escape");
    expect(await scopeFigures()).toEqual(before);
  });
});

describe("a link", () => {
  it("shares the account and its sliders with another browser", async () => {
    await open();
    await page.getByLabel("Size of BTC long").fill("1.5");
    await slideTo(JOINT, 320);
    await expect.poll(() => page.evaluate(() => location.hash.length)).toBeGreaterThan(100);
    await page.waitForTimeout(400);
    const url = page.url();
    const shown = await scopeFigures();
    await page.context().close();
    await open(`index.html${new URL(url).hash}`);
    expect(await page.getByLabel("Size of BTC long").inputValue()).toBe("1.5");
    expect(await page.locator(JOINT).inputValue()).toBe("320");
    expect(await scopeFigures()).toEqual(shown);
  });

  it("that is broken says so and shows the example", async () => {
    await open("index.html#1.abcdef");
    expect(await page.locator(".notice").textContent()).toContain("The link could not be read");
    expect(await page.locator(".scope").count()).toBe(2);
  });
});

describe("the page", () => {
  it("paints within a second", async () => {
    await open();
    const paint = await page.evaluate(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    );
    console.log(`first contentful paint after ${paint.toFixed(0)} ms`);
    expect(paint).toBeGreaterThan(0);
  });

  it("reads its chart by keyboard", async () => {
    await open();
    const plot = page.getByRole("slider", { name: /Read the chart of BTC/ });
    await plot.focus();
    await page.keyboard.press("Home");
    expect(await plot.getAttribute("aria-valuetext")).toMatch(/^BTC at .*liquidated$/);
    await page.keyboard.press("Enter");
    expect(await page.locator("#headline").textContent()).toContain("Aground: Cross account");
    await page.getByRole("button", { name: "SOL short", exact: true }).click();
    expect(await page.locator("#price-card").textContent()).toContain("price of SOL");
  });

  it.each(["light", "dark"] as const)("has no fault on a phone in %s, aground", async (theme) => {
    await open("index.html", { theme, width: 390, height: 844 });
    await slideTo(JOINT, 1200);
    await page.locator(".brackets summary").first().click();
    expect(await watched.accessFaults()).toEqual([]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  });
});
