/** The form of every error response. */
import { z } from "zod";

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
