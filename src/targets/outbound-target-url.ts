/** Schema of a URL that a target calls. */
import { z } from "zod";
import { parseOutboundUrl } from "../outbound/url.ts";

/**
 * Normalises the URL and removes its fragment, which is never sent. The address is checked at each connection. It uses
 * no transform, because JSON Schema cannot represent a schema with one.
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
