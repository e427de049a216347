// Snapshots on disk (Node only). A file appears under its name only when all of it is written and the disk has it: until then whatever stood
// there before stays, whatever happens to the process or the machine.
import { randomUUID } from "node:crypto";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { RiskEngine } from "../engine/engine.ts";
import { isSnapshot, SNAPSHOT_MAGIC_BYTES } from "./container.ts";

/** Some file systems let no folder be synchronised; there, renaming is as durable as it gets. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, "r");
    await handle.sync();
  } catch {
    // See above.
  } finally {
    await handle?.close();
  }
}

async function writeAll(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const { bytesWritten } = await file.write(part, at, part.length - at);
      at += bytesWritten;
    }
  }
}

/**
 * Writes a snapshot of the engine to a file: to a temporary one beside it first, which takes its place once the disk has it. The engine may go
 * on while it is written: what is saved is the state at the call.
 *
 * @returns bytes written
 * @throws what the file system says; the file is as it was then
 */
export async function writeSnapshot(path: string, engine: RiskEngine): Promise<number> {
  const parts = engine.snapshotParts();
  const draft = `${path}.${randomUUID()}.part`;
  try {
    const file = await open(draft, "wx");
    try {
      await writeAll(file, parts);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** The bytes of a snapshot for RiskEngine.fromSnapshot. Throws what the file system says. */
export async function readSnapshot(path: string): Promise<Uint8Array> {
  return readFile(path);
}

/** True for a file that begins as snapshots do, whatever its name. */
export async function isSnapshotFile(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const first = new Uint8Array(SNAPSHOT_MAGIC_BYTES);
    const { bytesRead } = await file.read(first, 0, first.length, 0);
    return bytesRead === first.length && isSnapshot(first);
  } finally {
    await file.close();
  }
}
