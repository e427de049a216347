// `npm start`: sets the clone up if needed, then scans the bundled book of the crash of 2025-10-10.
// Arguments go through: `npm start -- --jsonl` prints the liquidatable scopes for programs.
import { join } from "node:path";
import { root, runNode, setup } from "./setup.mjs";

setup();
const book = join("examples", "crash-2025-10-10");
process.exitCode = runNode([join(root, "dist", "cli.js"), "scan", book, ...process.argv.slice(2)]);
