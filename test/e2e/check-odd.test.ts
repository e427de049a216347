// The risk check where little goes as usual: only a keyboard, a browser that forbids WebAssembly or cannot make links, accounts that no joint
// move liquidates, hedges, contracts of one coin in several assets, links that are broken.
import { deflateRawSync } from "node:zlib";
import type { Browser, Page } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { exampleState } from "../../web/check/samples.ts";
import { launchBrowser, openPage, type WatchedPage } from "../support/web-page.ts";

const BTC = "BTC/USDT:USDT";

let browser: Browser;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
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

describe("a keyboard", () => {
  const focused = (): Promise<string> =>
    page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");

  it("stays in the part of the page whose button it pressed away", async () => {
    await open();
    const press = async (name: RegExp | string): Promise<void> => {
      await page.getByRole("button", { name }).focus();
      await page.keyboard.press("Enter");
    };
    await press("Remove SOL short");
    expect(await focused()).toBe("Positions");
    await press(/Put ETH at its liquidation price/);
    expect(await focused()).toBe("Prices");
    await press("Back to the marks");
    expect(await focused()).toBe("Prices");
    await press("Remove stop 2");
    await press("Remove stop 1");
    expect(await focused()).toBe("Stops");
  });

  it("types decimals without any comma being taken for thousands", async () => {
    await open();
    const size = page.getByLabel("Size of BTC long");
    for (const text of ["0,125", "1,2345", "1,234"]) {
      await size.fill("");
      await size.pressSequentially(text);
      expect(await size.inputValue()).toBe(text);
      expect(await size.getAttribute("aria-invalid")).toBe("true");
    }
    await size.fill("0,125");
    expect(await size.inputValue()).toBe("0,125");
    await size.fill("1,234.5");
    expect(await size.inputValue()).toBe("1234.5");
  });
});

describe("a browser that does less", () => {
  it("is told why no figure can be shown where WebAssembly is forbidden", async () => {
    const context = await browser.newContext();
    await context.addInitScript(() => {
      const { CompileError } = WebAssembly;
      Object.assign(WebAssembly, {
        Module: class {
          constructor() {
            throw new CompileError("forbidden");
          }
        },
      });
    });
    await open("index.html", { context });
    expect(await page.getByRole("alert").textContent()).toContain("forbids WebAssembly");
  });

  it("shows the account where links cannot be made", async () => {
    const context = await browser.newContext();
    await context.addInitScript(() => Reflect.deleteProperty(globalThis, "CompressionStream"));
    await open("index.html", { context });
    await page.getByLabel("Size of BTC long").fill("1.5");
    await page.waitForTimeout(400);
    await page.getByRole("button", { name: "Copy link" }).click();
    await expect
      .poll(() => page.locator(".notice").textContent())
      .toContain("Save the account as a book instead");
  });
});

describe("the headline", () => {
  const linkOf = (book: object): string => {
    const packed = deflateRawSync(JSON.stringify({ b: book })).toString("base64url");
    return `index.html#1.${packed}`;
  };
  const { book } = exampleState();
  const of = (wallet: string, sides: readonly string[]): object => ({
    ...book,
    accounts: [
      {
        id: "example",
        hedged: true,
        balances: { USDT: wallet },
        positions: sides.map((side) => ({
          symbol: BTC,
          side,
          contracts: "1",
          entryPrice: "115000",
          marginMode: "cross",
        })),
      },
    ],
  });

  it("never says that no price liquidates while one does", async () => {
    await open(linkOf(of("80000000", ["short"])));
    const text = await page.locator(".hero").textContent();
    expect(text).toContain("No joint move liquidates this account");
    expect(text).toContain("BTC up to");
  });

  it("tells contracts of one coin apart, and each amount in its own asset", async () => {
    const [market] = book.markets;
    const coin = {
      ...market,
      symbol: "BTC/USD:BTC",
      settle: "BTC",
      linear: false,
      contractSize: "100",
      precision: { amount: "1" },
      tiers: [{ maxNotional: null, maintenanceMarginRate: "0.01", maxLeverage: "50" }],
    };
    const held = { side: "long", entryPrice: "115000", marginMode: "cross", leverage: "10" };
    await open(
      linkOf({
        ...book,
        assets: [{ code: "USDT" }, { code: "BTC" }],
        markets: [market, coin],
        marks: { [BTC]: "115000", "BTC/USD:BTC": "115000" },
        accounts: [
          {
            id: "example",
            balances: { USDT: "20000", BTC: "0.2" },
            positions: [
              { ...held, symbol: BTC, contracts: "1" },
              { ...held, symbol: "BTC/USD:BTC", contracts: "500" },
            ],
            stops: [{ kind: "equity", settle: "BTC", equityFloor: "0.1" }],
          },
        ],
      }),
    );
    expect(await page.getByLabel("Size of BTC long").count()).toBe(1);
    expect(await page.getByLabel("Size of BTC/USD long").count()).toBe(1);
    expect(await page.locator(".stop .with-unit").textContent()).toContain("BTC");
    const closes = page.getByLabel("What stop 1 closes");
    expect(await closes.locator("option:checked").textContent()).toBe("everything cross in BTC");
    await page.getByLabel(/Margin mode of BTC\/USD long/).selectOption("isolated");
    expect(await page.locator("dialog#switch").textContent()).toMatch(
      /0\.\d+ BTC leave the wallet/,
    );
    expect(await watched.accessFaults()).toEqual([]);
  });

  it("says of a hedge what its share counts", async () => {
    await open(linkOf(of("5000", ["long", "short"])));
    expect(await page.locator(".hero").textContent()).toContain(
      "Both sides of BTC are counted as moving against you",
    );
  });

  it("keeps the account where another link turns out to be broken", async () => {
    await open();
    await page.getByLabel("Size of BTC long").fill("1.5");
    await page.evaluate(() => {
      location.hash = "1.abcdef";
    });
    await expect.poll(() => page.locator(".notice").textContent()).toContain("as it was");
    expect(await page.getByLabel("Size of BTC long").inputValue()).toBe("1.5");
  });
});
