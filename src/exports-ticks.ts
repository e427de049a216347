// The kernel's exports for ticks and stops, typed and guarded as those of exports.ts: each with a wrapper of its own.

/** As they are in the binary: handles are 32-bit, statuses below 0. */
export interface TickExports {
  enableTriggers(): number;
  queueAllPools(): void;
  setFloor(pool: number, low: number, high: number, has: number): number;
  tick(count: number): number;
  wake(): number;
  trialFigures(pool: number): number;
  createStop(): number;
  removeStop(stop: number): number;
  armStop(stop: number): number;
  disarmStop(stop: number): number;
  stopBest(stop: number): number;
}

/** The same with every trap handed to `onTrap`. */
export function guardTickExports(raw: TickExports, onTrap: (cause: unknown) => never): TickExports {
  const {
    enableTriggers,
    queueAllPools,
    setFloor,
    tick,
    wake,
    trialFigures,
    createStop,
    removeStop,
    armStop,
    disarmStop,
    stopBest,
  } = raw;
  return {
    enableTriggers(): number {
      try {
        return enableTriggers();
      } catch (cause) {
        return onTrap(cause);
      }
    },
    queueAllPools(): void {
      try {
        queueAllPools();
      } catch (cause) {
        onTrap(cause);
      }
    },
    setFloor(pool: number, low: number, high: number, has: number): number {
      try {
        return setFloor(pool, low, high, has);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    tick(count: number): number {
      try {
        return tick(count);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    wake(): number {
      try {
        return wake();
      } catch (cause) {
        return onTrap(cause);
      }
    },
    trialFigures(pool: number): number {
      try {
        return trialFigures(pool);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    createStop(): number {
      try {
        return createStop();
      } catch (cause) {
        return onTrap(cause);
      }
    },
    removeStop(stop: number): number {
      try {
        return removeStop(stop);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    armStop(stop: number): number {
      try {
        return armStop(stop);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    disarmStop(stop: number): number {
      try {
        return disarmStop(stop);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    stopBest(stop: number): number {
      try {
        return stopBest(stop);
      } catch (cause) {
        return onTrap(cause);
      }
    },
  };
}
