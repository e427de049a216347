// Timing with tinybench. Tasks are measured in several short rounds one after the other, and the samples of all rounds
// are pooled: on a machine whose speed drifts, every task meets the same drift.
import { Bench } from "tinybench";

export interface Task {
  readonly name: string;
  /** May return a promise, which is awaited. */
  run(): unknown;
}

/** Milliseconds. */
export interface Timing {
  readonly p50: number;
  readonly p25: number;
  readonly p75: number;
  readonly samples: number;
}

export interface MeasureOptions {
  readonly time: number;
  readonly rounds: number;
}

/** Value below which a share of the sorted samples lies. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Times each task; the answer is in the order of the tasks. A task that throws ends the benchmark. */
export async function measure(
  tasks: readonly Task[],
  { time, rounds }: MeasureOptions,
): Promise<Timing[]> {
  const samples = tasks.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({
      time,
      iterations: 3,
      warmupTime: round === 0 ? time / 2 : time / 10,
      warmupIterations: 2,
      retainSamples: true,
      throws: true,
    });
    tasks.forEach((task, index) => {
      bench.add(`${index} ${task.name}`, () => task.run());
    });
    await bench.run();
    bench.tasks.forEach((task, index) => {
      const { result } = task;
      if (!("latency" in result)) throw new Error(`${task.name} has no result: ${result.state}`);
      for (const sample of result.latency.samples ?? []) samples[index]?.push(sample);
    });
  }
  return samples.map((list) => {
    const sorted = list.sort((first, second) => first - second);
    return {
      p50: quantile(sorted, 0.5),
      p25: quantile(sorted, 0.25),
      p75: quantile(sorted, 0.75),
      samples: sorted.length,
    };
  });
}
