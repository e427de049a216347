// Bytes of a file that the user chose, in chunks, unpacked where they are gzip (by their first bytes or the name): a file of any size needs the
// memory of a chunk.
import { RiskError } from "../../src/errors.ts";

/** What is read of a File; a Blob with a name. */
export interface NamedBlob {
  readonly name: string;
  readonly size: number;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** The name without ".gz". */
export function plainName(name: string): string {
  return name.replace(/\.gz$/i, "");
}

async function isPacked(file: NamedBlob): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return (head[0] === 0x1f && head[1] === 0x8b) || /\.gz$/i.test(file.name);
}

/**
 * Chunks of the file; before each `onRead` is told the bytes read as stored (none where one of them unpacks to many chunks) and awaited.
 *
 * @throws RiskError BAD_FILE where it cannot be read or its gzip is damaged or cut short
 */
export async function* fileChunks(
  file: NamedBlob,
  onRead: (bytes: number) => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const packed = await isPacked(file);
  let read = 0;
  const counted = file.stream().pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        read += chunk.length;
        controller.enqueue(chunk);
      },
    }),
  );
  const stream = packed ? counted.pipeThrough(new DecompressionStream("gzip")) : counted;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await nextChunk(reader, file.name, packed);
      await onRead(read);
      read = 0;
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

type Chunks = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

async function nextChunk(reader: Chunks, name: string, packed: boolean) {
  try {
    return await reader.read();
  } catch (cause) {
    const message = packed ? "the gzip data is damaged or cut short" : "cannot be read";
    throw new RiskError("BAD_FILE", message, { path: name, cause });
  }
}
