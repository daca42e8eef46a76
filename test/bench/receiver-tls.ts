/** The certificate of receivers that are reached over https, for 127.0.0.1, and the authority that signed it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (name: string) => readFileSync(join(import.meta.dir, "../support/tls", name), "utf8");

export function receiverTls(): Readonly<{ key: string; cert: string }> {
  return { key: read("secure-test.key"), cert: read("secure-test.crt") };
}

export function receiverAuthority(): string {
  return read("authority.crt");
}
