// Several tapes as one: groups of the same time are joined, in the order of the tapes; times rise. Each tape is read only as far as needed.

interface Timed {
  readonly time: number;
}

/** The groups of all sources, each with rising times, by rising time: those of one time together. */
export async function* mergeByTime<Group extends Timed>(
  sources: readonly AsyncIterator<Group>[],
): AsyncGenerator<Group[], void, undefined> {
  const heads = await Promise.all(sources.map((source) => source.next()));
  try {
    for (;;) {
      let time = Number.POSITIVE_INFINITY;
      for (const head of heads) {
        if (head.done !== true && head.value.time < time) time = head.value.time;
      }
      if (time === Number.POSITIVE_INFINITY) return;
      const together: Group[] = [];
      for (const [index, head] of heads.entries()) {
        if (head.done === true || head.value.time !== time) continue;
        together.push(head.value);
        heads[index] = await (sources[index] as AsyncIterator<Group>).next();
      }
      yield together;
    }
  } finally {
    await Promise.all(sources.map((source) => source.return?.()));
  }
}

/** The same for one source that is given as pieces of groups. */
export async function* groupsOf<Group extends Timed>(
  chunks: AsyncIterable<Uint8Array>,
  reader: { push(chunk: Uint8Array): void; finish(): void; take(): Group[] },
): AsyncGenerator<Group, void, undefined> {
  for await (const chunk of chunks) {
    reader.push(chunk);
    yield* reader.take();
  }
  reader.finish();
  yield* reader.take();
}
