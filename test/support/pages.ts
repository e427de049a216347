// Real pages for suites that need more than vitest's own: a server on 127.0.0.1 whose answers are listed by path, and Chromium
// opening them. What a page has to say it writes into its <output>; everything on its console is kept. Node only.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright";

export interface Answer {
  readonly body: string | Uint8Array;
  readonly type: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Site = Readonly<Record<string, Answer>>;

const MISSING: Answer = { body: "", type: "text/plain", status: 404 };
/** Chromium asks for it and would complain. */
const NO_ICON: Site = { "/favicon.ico": { body: "", type: "image/png", status: 204 } };

export interface Server {
  /** "http://127.0.0.1:PORT", without a slash at its end. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves the site; an answer may be added to it later. */
export async function serve(site: Site): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const { body, type, status, headers } = site[path] ?? NO_ICON[path] ?? MISSING;
    response.writeHead(status ?? 200, { "content-type": type, ...headers }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

export interface Visit {
  /** What the page wrote into its <output>. */
  readonly output: string;
  /** Console messages in order; an uncaught error fails the visit. */
  readonly console: readonly string[];
}

/** Opens the page and waits until it has said something. */
export async function visit(browser: Browser, url: string): Promise<Visit> {
  const page = await browser.newPage();
  const told: string[] = [];
  page.on("console", (message) => told.push(`${message.type()}: ${message.text()}`));
  const failed = new Promise<never>((_, reject) => page.on("pageerror", reject));
  failed.catch(() => undefined);
  const output = page.locator("output:not(:empty)");
  try {
    await page.goto(url);
    await Promise.race([output.waitFor({ state: "attached", timeout: 20_000 }), failed]);
    return { output: await output.innerText(), console: told };
  } catch (cause) {
    throw new Error(`${url} said nothing; its console: ${JSON.stringify(told)}`, { cause });
  } finally {
    await page.close();
  }
}

/** A page that runs a module; `policy` is its content security policy. */
export function pageOf(script: string, policy?: string, head = ""): Answer {
  return {
    body: `<!doctype html><meta charset="utf-8"><title>underkeel</title>${head}<output></output><script type="module" src="${script}"></script>`,
    type: "text/html",
    headers: policy === undefined ? {} : { "content-security-policy": policy },
  };
}

export function scriptOf(body: string | Uint8Array): Answer {
  return { body, type: "text/javascript" };
}
