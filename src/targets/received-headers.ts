/** Settings that select which received headers an http target gets. */
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
      .refine(
        (name) => !isNeverForwarded(name),
        "belongs to the connection or the gateway and is never forwarded",
      ),
  )
  .max(MAX_NAMES);

export const receivedHeadersShape = {
  drop_headers: receivedNames
    .default([])
    .describe("Received headers that are not forwarded to this target, in addition to proxy headers."),
  forward_headers: receivedNames
    .default([])
    .describe(
      "Headers set by proxies in front of the gateway to forward to this target, such as X-Forwarded-For. Other proxy headers are not forwarded.",
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
