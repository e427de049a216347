// What the package offers to Node on top of the main entry: books in files and folders, in and out, and snapshots on disk.

export { BookError, type BookProblem } from "./book/book-error.ts";
export { type LoadOptions, loadBook } from "./book/files.ts";
export type { CreateSink } from "./book/header.ts";
export type { BookSink } from "./book/sink.ts";
export {
  bookDocumentText,
  type StreamedBook,
  type WriteOptions,
  type WriteSummary,
  writeBookFolder,
} from "./book/write.ts";
export { isSnapshotFile, readSnapshot, writeSnapshot } from "./snapshot/files.ts";
