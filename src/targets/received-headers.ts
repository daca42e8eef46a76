/** The settings that say which of a received event's headers an http target gets. */
import { z } from "zod";
import { inSection } from "../settings/form-field.ts";
import { isHeaderName, isNeverForwarded } from "./forwarded-headers.ts";

const MAX_NAMES = 50;

const receivedNames = z
  .array(
    z
      .string()
      .trim()
      .max(100)
      .refine(isHeaderName, { error: "must be the name of a header", abort: true })
      .refine((name) => !isNeverForwarded(name), "is the connection's or the gateway's, and never goes on"),
  )
  .max(MAX_NAMES);

export const receivedHeadersShape = {
  drop_headers: receivedNames
    .default([])
    .describe("Received headers that this target does not get, beside those that proxies write."),
  forward_headers: receivedNames
    .default([])
    .describe(
      "Headers of proxies before the gateway that this target gets all the same, such as X-Forwarded-For; all others are left out.",
    ),
};

export const receivedHeadersFields = inSection("Received headers", [
  {
    name: "drop_headers",
    label: "Headers to leave out",
    kind: "list",
    placeholder: "Authorization",
    help: "One name per line. Headers of the connection itself are never forwarded.",
  },
  {
    name: "forward_headers",
    label: "Proxy headers to forward",
    kind: "list",
    placeholder: "X-Forwarded-For",
    help: "One name per line. Headers that proxies write, such as X-Forwarded-For or CF-Connecting-IP, are forwarded only if named here.",
  },
]);
