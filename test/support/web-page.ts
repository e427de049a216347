// A page of ours in a real Chromium, watched: what it writes to the console as an error and what it asks the network for after it has loaded.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { inject } from "vitest";
import { CHROMIUM_LAUNCH } from "./chromium-launch.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How a page is opened. */
export interface PageOptions {
  readonly theme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
  /** Of another session, e.g. to go offline. */
  readonly context?: BrowserContext;
}

/** A fault that axe-core finds serious or critical. */
export interface AccessFault {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly string[];
}

export class WatchedPage {
  readonly page: Page;
  /** Console errors, page errors and failed requests, in order. */
  readonly errors: string[] = [];
  /** Addresses asked for after `settled()`. */
  readonly lateRequests: string[] = [];
  #settled = false;

  constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        this.errors.push(`${message.type()}: ${message.text()}`);
      }
    });
    page.on("pageerror", (error) => this.errors.push(`uncaught: ${error.message}`));
    page.on("requestfailed", (request) => this.errors.push(`failed: ${request.url()}`));
    page.on("request", (request) => {
      const url = request.url();
      if (this.#settled && !url.startsWith("data:") && !url.startsWith("blob:")) {
        this.lateRequests.push(url);
      }
    });
  }

  /** Waits until the page says that it is ready (aria-busy gone from #app) and loads nothing any more. */
  async settled(): Promise<void> {
    await this.page.waitForSelector("#app:not([aria-busy])");
    await this.page.waitForLoadState("networkidle");
    this.#settled = true;
  }

  /** Serious and critical faults that axe-core finds in the page as it stands. */
  async accessFaults(): Promise<AccessFault[]> {
    await this.page.evaluate(AXE);
    return this.page.evaluate(async () => {
      interface Axe {
        run(): Promise<{
          violations: { id: string; impact: string | null; nodes: { html: string }[] }[];
        }>;
      }
      const { axe } = globalThis as unknown as { axe: Axe };
      const { violations } = await axe.run();
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, impact, nodes }) => ({
          id,
          impact,
          nodes: nodes.map(({ html }) => html.slice(0, 160)),
        }));
    });
  }
}

/** One Chromium for a test file. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch(CHROMIUM_LAUNCH);
}

/** Opens a page of build/web, e.g. "index.html#…", and waits until it is ready. */
export async function openPage(
  browser: Browser,
  path: string,
  options: PageOptions = {},
): Promise<WatchedPage> {
  const { theme = "light", width = 1280, height = 900 } = options;
  const context =
    options.context ??
    (await browser.newContext({ colorScheme: theme, viewport: { width, height } }));
  const watched = new WatchedPage(await context.newPage());
  await watched.page.goto(new URL(path, inject("webUrl")).href);
  await watched.settled();
  return watched;
}
