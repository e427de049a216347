// Files that unpack to far more than they are: whoever reads them is asked, chunk by chunk, whether it shall go on.
import { expect, it } from "vitest";
import { fileChunks } from "../../web/workers/file-bytes.ts";

it("can be stopped at every chunk of what a small file unpacks to", async () => {
  const unpacked = new Blob([new Uint8Array(8_000_000)]).stream();
  const stream = unpacked.pipeThrough(new CompressionStream("gzip"));
  const file = new File([await new Response(stream).arrayBuffer()], "zeros.csv.gz");
  const read: number[] = [];
  let chunks = 0;
  const onRead = async (bytes: number): Promise<void> => {
    read.push(bytes);
    if (read.length === 5) throw new Error("enough");
  };
  const all = async (): Promise<void> => {
    for await (const _ of fileChunks(file, onRead)) chunks++;
  };
  await expect(all()).rejects.toThrow("enough");
  expect(chunks).toBe(4);
  expect(read.reduce((sum, bytes) => sum + bytes)).toBe(file.size);
});
