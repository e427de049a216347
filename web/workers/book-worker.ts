// Holds a book of up to a million accounts off the page's thread, and scans it on demand: the session (session.ts) in a worker.
import type { BookAnswer, BookRequest } from "../book/protocol.ts";
import { BookSession } from "./session.ts";

declare const self: DedicatedWorkerGlobalScope;

const { port1, port2 } = new MessageChannel();
const waiting: (() => void)[] = [];
port1.onmessage = () => waiting.shift()?.();

const session = new BookSession({
  post: (answer: BookAnswer, transfer) => {
    self.postMessage(answer, transfer as readonly ArrayBuffer[] as ArrayBuffer[]);
  },
  now: () => performance.now(),
  // A message to oneself comes after those that wait already, and sooner than any timer.
  breathe: () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    }),
});

self.onmessage = ({ data }: MessageEvent<BookRequest>) => {
  void session.handle(data);
};
