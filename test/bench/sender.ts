/** The requests of the load: GitHub's, with its headers, signed with a secret that verifying entrypoints know. */
import { createHmac } from "node:crypto";

export const SENDER_SECRET = "only for this run";

/** A body like those that services send: JSON with filler text. */
export function payload(bytes: number): string {
  const start = '{"action":"opened","text":"';
  return `${start}${"x".repeat(Math.max(0, bytes - start.length - 2))}"}`;
}

/** Every request sends all headers, verified or not, so that compared runs differ in nothing else. */
export function senderHeaders(body: string): Readonly<Record<string, string>> {
  return {
    Accept: "*/*",
    "Content-Type": "application/json",
    "User-Agent": "GitHub-Hookshot/044aadd",
    "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "X-GitHub-Event": "issues",
    "X-GitHub-Hook-ID": "292430182",
    "X-GitHub-Hook-Installation-Target-ID": "79929171",
    "X-GitHub-Hook-Installation-Target-Type": "repository",
    "X-Hub-Signature-256": `sha256=${createHmac("sha256", SENDER_SECRET).update(body).digest("hex")}`,
  };
}
