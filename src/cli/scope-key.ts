// A scope's name as one text, for sets and maps.
import type { ScopeName } from "../types.ts";

export function scopeKey({ account, scope, settle, symbol, side }: ScopeName): string {
  return JSON.stringify([account, scope, settle, symbol, side]);
}
