// A stream to write to that is never run over: text is gathered into pieces and each piece waits until the
// stream has taken the one before. A reader who has seen enough (`| head`) ends the program quietly.
import { once } from "node:events";
import type { Terminal } from "./terminal.ts";

/** What an output writes to. */
export interface OutputStream extends Terminal {
  write(text: string): boolean;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
  once(event: "drain", listener: () => void): unknown;
}

const PIECE_LENGTH = 1 << 16;

/** Thrown by writes after the reader has gone. */
export class ReaderGone extends Error {
  override readonly name: string = "ReaderGone";
}

export class Output {
  readonly stream: OutputStream & NodeJS.WritableStream;
  readonly #pieceLength: number;
  #pending = "";
  #failure: Error | undefined;

  /** `immediate`: every write goes out at once, as talk should. */
  constructor(stream: OutputStream & NodeJS.WritableStream, immediate = false) {
    this.stream = stream;
    this.#pieceLength = immediate ? 0 : PIECE_LENGTH;
    stream.on("error", (error) => {
      this.#failure = error.code === "EPIPE" ? new ReaderGone("the reader has gone") : error;
    });
  }

  /** Adds text; await it where much is written. */
  async write(text: string): Promise<void> {
    this.#pending += text;
    if (this.#pending.length >= this.#pieceLength) await this.flush();
  }

  /** Adds a line. */
  async line(text = ""): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** Hands everything to the stream and waits until it has room again. */
  async flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = "";
    if (this.#failure !== undefined) throw this.#failure;
    if (text === "" || this.stream.write(text)) return;
    await once(this.stream, "drain").catch((error: NodeJS.ErrnoException) => {
      throw error.code === "EPIPE" ? new ReaderGone("the reader has gone") : error;
    });
  }
}
