/** Returns what a call throws or rejects with, for tests that examine the error. */
import { AppError } from "../../src/lib/errors.ts";

export async function thrownBy(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
}

export async function appErrorOf(act: () => unknown): Promise<AppError> {
  const error = await thrownBy(act);
  if (error instanceof AppError) return error;
  throw error;
}
