// Stops of one account of a JSON document, read and handed to the sink. As for positions, every problem is logged at the value that
// causes it and the next stop is read.
import { RiskError } from "../errors.ts";
import type { StopDefinition } from "../types.ts";
import { type FieldReader, isAbsent } from "./fields.ts";
import { descend, type JsonNode, plainOf } from "./json-tree.ts";
import type { BookSink } from "./sink.ts";
import { STOP_OPTIONAL } from "./stop-fields.ts";

const REQUIRED = ["kind"];

function addStop(
  sink: BookSink,
  fields: FieldReader,
  node: JsonNode,
  account: number,
  path: string,
): void {
  const members = fields.object(node, path, REQUIRED, STOP_OPTIONAL);
  if (members === undefined) return;
  const stop: Record<string, unknown> = {};
  for (const name of [...REQUIRED, ...STOP_OPTIONAL]) {
    const member = members.get(name);
    // A null stands for absent.
    if (!isAbsent(member)) stop[name] = plainOf(member);
  }
  try {
    sink.addStop(account, stop as unknown as StopDefinition);
  } catch (error) {
    const inner = descend(node, error instanceof RiskError ? (error.path ?? "") : "");
    const place = inner.followed === "" ? path : `${path}.${inner.followed}`;
    fields.refuseError(error, inner.node, place);
  }
}

/** `node` is the account's `stops`, `path` names it. */
export function addStops(
  sink: BookSink,
  fields: FieldReader,
  node: JsonNode | undefined,
  account: number,
  path: string,
): void {
  if (isAbsent(node)) return;
  if (node.items === undefined) {
    fields.refuse(node, path, "must be a list");
    return;
  }
  node.items.forEach((stop, at) => {
    addStop(sink, fields, stop, account, `${path}[${at}]`);
  });
}
