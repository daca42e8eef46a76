/** The user of the first start, so that there is somebody who can sign in. */
import { randomToken } from "../lib/crypto.ts";

const USERNAME = "admin";

export type FirstUser = Readonly<{
  username: string;
  /** Null when it was chosen by whoever started the gateway. */
  password: string | null;
}>;

/** Null when there are users already. */
export async function ensureFirstUser(options: {
  isEmpty: () => boolean;
  create: (user: { username: string; password: string; role: "admin" }) => Promise<unknown>;
  adminPassword: string | null;
}): Promise<FirstUser | null> {
  if (!options.isEmpty()) return null;
  const password = options.adminPassword ?? generatePassword();
  await options.create({ username: USERNAME, password, role: "admin" });
  return { username: USERNAME, password: options.adminPassword === null ? password : null };
}

/** 120 bits in 20 characters that every keyboard has. */
export function generatePassword(): string {
  return randomToken(15);
}
