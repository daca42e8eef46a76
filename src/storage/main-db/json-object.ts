/** JSON objects stored in text columns, checked to be objects when they are read. */
import { customType } from "drizzle-orm/sqlite-core";
import { z } from "zod";

type JsonObject = Record<string, unknown>;

const objectSchema = z.record(z.string(), z.unknown());

export function parseJsonObject(text: string): JsonObject {
  return objectSchema.parse(JSON.parse(text));
}

export const jsonObject = customType<{ data: JsonObject; driverData: string }>({
  dataType: () => "text",
  toDriver: (value) => JSON.stringify(value),
  fromDriver: parseJsonObject,
});
