import { createPublicKey, verify } from "node:crypto";

const publicKey = createPublicKey({
  // The key in the form that Node.js reads: a fixed head, then its 32 bytes.
  key: Buffer.from(
    `302a300506032b6570032100${Buffer.from("whpk_PUBLIC_KEY".slice(5), "base64").toString("hex")}`,
    "hex",
  ),
  format: "der",
  type: "spki",
});

/** `headers`: names in lower case, as in request.headers. `body`: a Buffer with the raw bytes, before any parsing. */
export function isGenuine(headers, body) {
  const id = headers["webhook-id"] ?? "";
  const timestamp = headers["webhook-timestamp"] ?? "";
  const signatures = headers["webhook-signature"] ?? "";
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  return signatures.split(" ").some((each) => {
    const [version, text = ""] = each.split(",");
    return version === "v1a" && verify(null, signed, publicKey, Buffer.from(text, "base64"));
  });
}
