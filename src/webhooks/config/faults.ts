/** Gathers the faults of a whole file of configuration, so that people learn of all of them at once. */
import { AppError, type FieldFault } from "../../lib/errors.ts";

/** Faults of a file beyond these help nobody. */
const MAX_FAULTS = 100;

export type Faults = Readonly<{
  add: (path: string, message: string) => void;
  /** Runs `act`; what it refuses is a fault within `path` ("": the whole file), and null is returned. */
  within: <T>(path: string, act: () => T) => T | null;
  withinAsync: (path: string, act: () => Promise<void>) => Promise<void>;
  /** Throws AppError `invalid` if there are any. */
  refuse: () => void;
}>;

export function createFaults(): Faults {
  const all: FieldFault[] = [];

  function take(path: string, error: unknown): void {
    if (!(error instanceof AppError) || error.kind !== "invalid") throw error;
    const details = error.details ?? [{ path: "", message: error.message }];
    for (const fault of details) {
      const parts = [path, fault.path].filter((part) => part !== "");
      all.push({ path: parts.join("."), message: fault.message });
    }
  }

  return {
    add: (path, message) => all.push({ path, message }),
    within(path, act) {
      try {
        return act();
      } catch (error) {
        take(path, error);
        return null;
      }
    },
    async withinAsync(path, act) {
      try {
        await act();
      } catch (error) {
        take(path, error);
      }
    },
    refuse() {
      if (all.length === 0) return;
      const details = all.slice(0, MAX_FAULTS);
      throw new AppError({ kind: "invalid", message: "The configuration is not valid.", details });
    },
  };
}
