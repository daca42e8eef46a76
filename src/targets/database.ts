/** The database target: the event is already in the webhook's own file, so storing it is the delivery. */
import { z } from "zod";
import type { TargetType } from "./target-type.ts";

const configSchema = z.strictObject({});

export const databaseTarget: TargetType<z.infer<typeof configSchema>> = {
  type: "database",
  label: "Database",
  description:
    "Marks events as delivered as soon as they are stored. Nothing is sent. Use it to keep and search events without a receiver.",
  configSchema,
  fields: [],
  settlesAtIngest: true,
  summarize: () => "this webhook's database",
  deliver: async () => ({ kind: "delivered", response: null }),
};
