// Books: what every platform can use. Files and folders are in ./files.ts (Node only).

export { BookError, type BookPlace, type BookProblem, describeProblem } from "./book-error.ts";
export type { CreateSink } from "./header.ts";
export { loadBookDocument } from "./load-document.ts";
export type { BookSink, SinkAsset, SinkMarket, SinkOrder, SinkSettings } from "./sink.ts";
