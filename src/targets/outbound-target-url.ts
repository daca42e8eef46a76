/** The schema of a URL that a target calls. */
import { z } from "zod";
import { parseOutboundUrl } from "../outbound/url.ts";

/**
 * Normalised, and without a fragment, which is never sent. Whether its address may be reached is checked at
 * each connection. No transform: a schema with one cannot be drawn as JSON Schema.
 */
export const targetUrl = z
  .string()
  .superRefine((text, context) => {
    const url = parseOutboundUrl(text);
    if (typeof url === "string") context.addIssue({ code: "custom", message: url });
  })
  .overwrite((text) => {
    const url = parseOutboundUrl(text);
    if (typeof url === "string") return text;
    url.hash = "";
    return url.href;
  })
  .describe("An http or https URL without a user name or password.");
