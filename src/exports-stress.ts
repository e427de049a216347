// The kernel's exports for stress passes, typed and guarded as those of exports.ts: each with a wrapper of its own.

/** As they are in the binary: statuses below 0. */
export interface StressExports {
  openStress(): number;
  closeStress(): void;
  setStressed(row: number, slot: number, price: number): number;
  stress(rows: number): number;
}

/** The same with every trap handed to `onTrap`. */
export function guardStressExports(
  raw: StressExports,
  onTrap: (cause: unknown) => never,
): StressExports {
  const { openStress, closeStress, setStressed, stress } = raw;
  return {
    openStress(): number {
      try {
        return openStress();
      } catch (cause) {
        return onTrap(cause);
      }
    },
    closeStress(): void {
      try {
        closeStress();
      } catch (cause) {
        onTrap(cause);
      }
    },
    setStressed(row: number, slot: number, price: number): number {
      try {
        return setStressed(row, slot, price);
      } catch (cause) {
        return onTrap(cause);
      }
    },
    stress(rows: number): number {
      try {
        return stress(rows);
      } catch (cause) {
        return onTrap(cause);
      }
    },
  };
}
