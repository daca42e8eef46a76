/** Words for what the audit log names by codes. */
import type { AuditEntry } from "../../auth/audit-reading.ts";

/** Kinds of objects, in the order of the filter's list. */
export const KINDS: readonly Readonly<{ value: string; label: string }>[] = [
  { value: "webhook", label: "Webhooks" },
  { value: "entrypoint", label: "Entrypoints" },
  { value: "target", label: "Targets" },
  { value: "event", label: "Events" },
  { value: "portal_link", label: "Portal links" },
  { value: "portal", label: "How portals look" },
  { value: "event_type", label: "Event types" },
  { value: "replay", label: "Replays" },
  { value: "rejected_request", label: "Rejected requests" },
  { value: "api_key", label: "API keys" },
  { value: "passkey", label: "Passkeys" },
  { value: "identity", label: "Linked accounts" },
  { value: "session", label: "Sign-ins and sessions" },
  { value: "user", label: "Users" },
  { value: "invitation", label: "Invitations" },
  { value: "server", label: "Server" },
  { value: "secret_key", label: "Secret key" },
];

const SENTENCES: Readonly<Record<string, string>> = {
  "session.create": "Sign in",
  "session.end": "Sign out",
  "session.verify": "Confirm identity",
  "identity.create": "Link account",
  "identity.delete": "Unlink account",
  "api_key.create": "Create API key",
  "api_key.revoke": "Revoke API key",
  "user.password_link": "Make a link to a new password",
  "user.email_link": "Ask to confirm an e-mail address",
  "config.apply": "Apply configuration",
  "webhook.unmanage": "Stop managing webhook by a file",
  "server.check": "Check databases",
  "secret_key.rotate": "Rotate secret key",
};

/** Returns "Update target" for "target.update". */
export function describeAction(action: string): string {
  const known = SENTENCES[action];
  if (known !== undefined) return known;
  const [kind = "", verb = ""] = action.split(".").map((part) => part.replaceAll("_", " "));
  return `${verb.charAt(0).toUpperCase()}${verb.slice(1)} ${kind}`;
}

/** Returns "ada", "ada, by the API key deploys", or who it was without a user. */
export function describeActor({ via, username, keyName }: AuditEntry): string {
  if (via === "command line") return "Command line";
  if (via === "gateway") return "The gateway";
  const name = username ?? "Not signed in";
  return keyName === null ? name : `${name}, by the API key ${keyName}`;
}
