/** The database target: the event is already in the webhook's own file, so storing it is the delivery. */
import { z } from "zod";
import type { TargetType } from "./target-type.ts";

const configSchema = z.strictObject({});

export const databaseTarget: TargetType<z.infer<typeof configSchema>> = {
  type: "database",
  label: "Database",
  description: "Keeps the event in this webhook's own database file; delivered the moment it is received.",
  configSchema,
  fields: [],
  settlesAtIngest: true,
  summarize: () => "this webhook's database",
  deliver: async () => ({ kind: "delivered", response: null }),
};
