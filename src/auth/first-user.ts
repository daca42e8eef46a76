/** Creates the first user, so that someone can sign in. */
import { randomToken } from "../lib/crypto.ts";

const USERNAME = "admin";

export type FirstUser = Readonly<{
  id: string;
  username: string;
  /** Null if the operator set the password. */
  password: string | null;
}>;

/** Returns null if users exist. */
export async function ensureFirstUser(options: {
  isEmpty: () => boolean;
  create: (user: { username: string; password: string; role: "admin" }) => Promise<Readonly<{ id: string }>>;
  adminPassword: string | null;
}): Promise<FirstUser | null> {
  if (!options.isEmpty()) return null;
  const password = options.adminPassword ?? generatePassword();
  const { id } = await options.create({ username: USERNAME, password, role: "admin" });
  return { id, username: USERNAME, password: options.adminPassword === null ? password : null };
}

/** Generates 120 random bits in 20 characters that every keyboard has. */
export function generatePassword(): string {
  return randomToken(15);
}
