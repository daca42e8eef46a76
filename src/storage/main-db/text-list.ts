/** Lists of text stored as JSON in text columns, checked to be lists when they are read. */
import { customType } from "drizzle-orm/sqlite-core";
import { z } from "zod";

const listSchema = z.array(z.string());

export const textList = customType<{ data: readonly string[]; driverData: string }>({
  dataType: () => "text",
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (text) => listSchema.parse(JSON.parse(text)),
});
