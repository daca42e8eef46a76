/** Common parts of response schemas. */
import { z } from "zod";

export const id = z.string().meta({ format: "uuid" });
export const time = z.iso.datetime({ precision: 3 }).describe("UTC, with milliseconds.");
export const headerPairs = z
  .array(z.tuple([z.string(), z.string()]))
  .describe("[name, value] pairs, in order.");
export const count = z.int().min(0);
