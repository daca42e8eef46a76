/** Reads the address of a gateway as people type it. */
import { AppError } from "../../lib/errors.ts";
import { isLoopback } from "../../lib/loopback.ts";

/**
 * Returns scheme, host and port, without a slash at the end. Without a scheme this machine's own gateway is asked by http,
 * any other by https. Throws AppError `invalid`.
 */
export function readGatewayUrl(text: string): string {
  const scheme = isLoopback(URL.parse(`http://${text}`)?.hostname ?? "") ? "http" : "https";
  const complete = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${scheme}://${text}`;
  const url = URL.parse(complete);
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  if (url === null || !isWeb || url.username !== "" || url.password !== "" || url.search !== "") {
    throw new AppError({
      kind: "invalid",
      message: `${text} is not the address of a gateway.`,
      hint: "Give the address at which its dashboard opens, such as https://hooks.example.com.",
    });
  }
  return url.origin;
}

/** True where others on the network can read what is sent. */
export function isPlain(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === "http:" && !isLoopback(hostname);
}
