// The events of one type among all that a command told.
import type { EngineEvent } from "../../src/types.ts";

export type Told<Type extends EngineEvent["type"]> = Extract<EngineEvent, { readonly type: Type }>;

export function told<Type extends EngineEvent["type"]>(
  events: readonly EngineEvent[],
  type: Type,
): Told<Type>[] {
  return events.filter((event): event is Told<Type> => event.type === type);
}
