/** Common parts of response schemas. */
import { z } from "zod";

export const id = z.string().meta({ format: "uuid" });
export const time = z.iso.datetime({ precision: 3 }).describe("UTC, with milliseconds.");
export const headerPairs = z
  .array(z.tuple([z.string(), z.string()]))
  .describe("[name, value] pairs, in order.");
export const managedBy = z
  .enum(["file"])
  .nullable()
  .describe("file: the next `webhooker apply` brings it back to what its file says; null: nothing does.");
export const managedShape = {
  key: z.string().nullable().describe("By what a file of configuration names it; null: none does."),
  managed_by: managedBy,
};
export const count = z.int().min(0);

export const errorSchema = z
  .strictObject({
    error: z.strictObject({
      code: z.string().describe("A stable code for programs."),
      message: z.string().describe("A message for people."),
      hint: z.string().optional().describe("How to fix it."),
      details: z
        .array(z.strictObject({ path: z.string(), message: z.string() }))
        .optional()
        .describe("One entry for each invalid field."),
      request_id: z
        .string()
        .optional()
        .describe("With status 500: the id to search for in the server's log."),
    }),
  })
  .meta({ id: "Error" });
