/** Recognizes Amazon SNS's own URLs: signing certificates and subscription confirmations. */
import { isPlainHttps } from "./signing-certificates.ts";

const HOST = /^sns\.[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?$/;
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/;
const MAX_LENGTH = 2_000;

export function isSnsCertificate(url: URL): boolean {
  return isPlainHttps(url) && HOST.test(url.hostname) && CERTIFICATE_PATH.test(url.pathname);
}

/** Returns the URL if it confirms a subscription to exactly this topic; null otherwise. */
export function readSubscribeUrl(text: string, topicArn: string): URL | null {
  const url = text.length > MAX_LENGTH ? null : URL.parse(text);
  if (url === null || url.protocol !== "https:" || !HOST.test(url.hostname) || url.pathname !== "/")
    return null;
  if ([url.port, url.username, url.password, url.hash].some((part) => part !== "")) return null;
  const asked = url.searchParams;
  const isConfirmation = asked.get("Action") === "ConfirmSubscription" && asked.get("TopicArn") === topicArn;
  const isPlain = asked.getAll("Action").length === 1 && asked.getAll("TopicArn").length === 1;
  return isConfirmation && isPlain && asked.get("Token") ? url : null;
}
