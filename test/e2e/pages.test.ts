// What holds for every page: it comes up, in time and without a jump, says nothing on the console, asks the network for nothing more,
// works without one, and has no serious accessibility fault.
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { launchBrowser, openPage } from "../support/web-page.ts";

const PAGES = ["index.html", "book.html"] as const;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

describe.each(PAGES)("%s", (path) => {
  it.each(["light", "dark"] as const)("is quiet and accessible in %s colours", async (theme) => {
    const watched = await openPage(browser, path, { theme });
    expect(await watched.accessFaults()).toEqual([]);
    expect(watched.errors).toEqual([]);
    expect(watched.lateRequests).toEqual([]);
    await watched.page.context().close();
  });

  it.each([390, 320])("fits a phone of %i px", async (width) => {
    const watched = await openPage(browser, path, { width, height: 844 });
    const overflow = await watched.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    expect(await watched.accessFaults()).toEqual([]);
    await watched.page.context().close();
  });

  it("says why it cannot start where its script does not load", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.route(/\/(check|book)\.js$/, (route) => route.abort());
    await page.goto(new URL(path, inject("webUrl")).href);
    expect(await page.getByRole("alert").textContent()).toContain("Its script did not load");
    expect(await page.locator("#app[aria-busy]").count()).toBe(0);
    await context.close();
  });

  it("skips to its content and leaves the address alone", async () => {
    const { page } = await openPage(browser, path);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("app");
    expect(new URL(page.url()).hash).not.toBe("#app");
    await page.context().close();
  });

  it("does not jump while it loads", async () => {
    const { page } = await openPage(browser, path);
    const shift = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
              sum += (entry as PerformanceEntry & { value: number }).value;
            }
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve(sum), 300);
        }),
    );
    expect(shift).toBeLessThan(0.05);
    await page.context().close();
  });

  it("comes up again without a network", async () => {
    const { page } = await openPage(browser, path);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      if (navigator.serviceWorker.controller === null) {
        await new Promise((resolve) => {
          navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
        });
      }
    });
    await page.context().setOffline(true);
    await page.reload();
    await page.waitForSelector("#app:not([aria-busy])");
    await page.context().close();
  });
});
