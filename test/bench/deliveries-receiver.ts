/** The receiver of measured deliveries, over http or https. */
import { receiverAuthority } from "./receiver-tls.ts";
import { type Script, startScript } from "./subject.ts";

export type Scheme = "http" | "https";

/** `target` is what a gateway needs to reach it. */
export async function startDeliveriesReceiver(
  scheme: Scheme,
): Promise<Readonly<{ receiver: Script; target: Readonly<{ url: string; ca?: string }> }>> {
  const isSecure = scheme === "https";
  const receiver = await startScript("receiver.ts", isSecure ? ["tls"] : []);
  const url = `${receiver.origin.replace(/^http:/, `${scheme}:`)}/hook`;
  return { receiver, target: { url, ...(isSecure && { ca: receiverAuthority() }) } };
}
