// Builds the pages once for all end-to-end tests and serves them at a free port of this machine.
import type { TestProject } from "vitest/node";
import { buildWeb, serve } from "../../scripts/web.mjs";

declare module "vitest" {
  interface ProvidedContext {
    webUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { server, url } = await serve(await buildWeb(), 0);
  project.provide("webUrl", url);
  return () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
}
