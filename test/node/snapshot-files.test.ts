// Snapshots on disk: a file is there whole or not at all, and the command line opens it as it opens a book.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RiskEngine } from "../../src/engine/engine.ts";
import { isSnapshotFile, readSnapshot, writeSnapshot } from "../../src/snapshot/files.ts";
import { runCli } from "../support/cli.ts";

const BOOK = "examples/crash-2025-10-10";
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "underkeel-snapshot-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function engineWith(balance: string): RiskEngine {
  const engine = new RiskEngine();
  engine.addAsset({ code: "USDT" });
  engine.openAccount("a");
  engine.deposit("a", "USDT", balance);
  return engine;
}

describe("writeSnapshot", () => {
  it("writes what fromSnapshot reads, and leaves nothing beside it", async () => {
    const path = join(folder, "one.snapshot");
    const bytes = await writeSnapshot(path, engineWith("7"));
    const file = await readSnapshot(path);
    expect(file.length).toBe(bytes);
    expect(RiskEngine.fromSnapshot(file).account("a").balances()).toEqual({ USDT: "7" });
    expect(readdirSync(folder)).toEqual(["one.snapshot"]);
  });

  it("saves the state at the call", async () => {
    const path = join(folder, "two.snapshot");
    const engine = engineWith("7");
    const written = writeSnapshot(path, engine);
    engine.deposit("a", "USDT", "1");
    engine.openAccount("b");
    await written;
    const again = RiskEngine.fromSnapshot(await readSnapshot(path));
    expect(again.account("a").balances()).toEqual({ USDT: "7" });
    expect(again.hasAccount("b")).toBe(false);
  });

  it("takes the place of the one before", async () => {
    const path = join(folder, "three.snapshot");
    await writeSnapshot(path, engineWith("1"));
    await writeSnapshot(path, engineWith("2"));
    const again = RiskEngine.fromSnapshot(await readSnapshot(path));
    expect(again.account("a").balances()).toEqual({ USDT: "2" });
  });

  it("leaves no draft where it fails", async () => {
    // Renaming a file onto a folder fails after all was written.
    await expect(writeSnapshot(folder, engineWith("1"))).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
    const missing = join(folder, "none", "x.snapshot");
    await expect(writeSnapshot(missing, engineWith("1"))).rejects.toThrow(/ENOENT/);
  });
});

describe("isSnapshotFile", () => {
  it("goes by the first bytes, not by the name", async () => {
    const book = join(folder, "book.snapshot");
    writeFileSync(book, "{}");
    expect(await isSnapshotFile(book)).toBe(false);
    const named = join(folder, "snapshot.json");
    await writeSnapshot(named, engineWith("1"));
    expect(await isSnapshotFile(named)).toBe(true);
  });
});

describe("underkeel snapshot", () => {
  it("makes what the other commands take in place of the book", async () => {
    const path = join(folder, "crash.snapshot");
    const made = await runCli(["snapshot", BOOK, "--out", path, "--json"]);
    expect(made.code).toBe(0);
    expect(JSON.parse(made.stdout)).toEqual({
      file: path,
      bytes: readFileSync(path).length,
      accounts: 3_000,
      positions: 7_325,
    });
    const [book, snapshot] = await Promise.all([
      runCli(["scan", BOOK, "--jsonl"]),
      runCli(["scan", path, "--jsonl"]),
    ]);
    expect(snapshot.code).toBe(0);
    expect(snapshot.stdout).toBe(book.stdout);
  });

  it("says what is missing, and what is wrong with a damaged one", async () => {
    const missing = await runCli(["snapshot", BOOK]);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining("--out FILE is needed"),
    ]);
    const path = join(folder, "damaged.snapshot");
    await writeSnapshot(path, engineWith("1"));
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, bytes.length - 1));
    const damaged = await runCli(["scan", path]);
    expect(damaged.code).toBe(2);
    expect(damaged.stderr).toMatch(
      /damaged\.snapshot: the snapshot is damaged: its length .*\[BAD_SNAPSHOT\]/,
    );
  });
});
