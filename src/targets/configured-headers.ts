/** Setting of headers that are added to every request of a target. */
import { z } from "zod";
import type { FormField } from "../settings/form-field.ts";
import { isConfigurableHeader, isHeaderName, isHeaderValue } from "./forwarded-headers.ts";

const MAX_CONFIGURED_HEADERS = 50;

export const configuredHeaders = z
  .record(z.string(), z.string().max(8192))
  .superRefine((headers, context) => {
    const names = Object.keys(headers);
    const fault = (name: string, message: string) =>
      context.addIssue({ code: "custom", path: [name], message });
    if (names.length > MAX_CONFIGURED_HEADERS) fault("", `must not be more than ${MAX_CONFIGURED_HEADERS}`);
    if (new Set(names.map((name) => name.toLowerCase())).size < names.length)
      fault("", "contains a header twice");
    for (const [name, value] of Object.entries(headers)) {
      if (!isHeaderName(name)) fault(name, "is not a valid header name");
      else if (!isConfigurableHeader(name)) fault(name, "is set by the gateway itself");
      else if (!isHeaderValue(value)) fault(name, "has a value that a header cannot carry");
    }
  })
  .optional()
  .describe("Added to every request; replaces a received header of that name.");

export const configuredHeadersField: FormField = {
  name: "headers",
  label: "Headers",
  kind: "headers",
  secret: true,
  help: "Added to every request, for example Authorization.",
};
