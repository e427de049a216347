// Types of web.mjs for the tests that build and serve the pages.
import type { Server } from "node:http";

export const CONTENT_SECURITY_POLICY: string;
export function buildWeb(): Promise<string>;
export function serve(folder: string, port: number): Promise<{ server: Server; url: string }>;
