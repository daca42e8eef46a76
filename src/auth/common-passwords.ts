/** Recognizes common passwords, which attackers guess first. */

/** "password2024!" counts as common because "password" is. */
const MOST_ADDED = 5;
const ADDED = new RegExp(`[\\d!?.,;:@#$%&*+_-]{1,${MOST_ADDED}}$`);
/** Rejects "aaaaaaaaaa" and "1212121212". */
const LEAST_DIFFERENT = 4;

let known: Promise<ReadonlySet<string>> | null = null;

/** Returns whether a password is one of the 49,000 most common, ignoring case and a few trailing digits or symbols. */
export async function isCommonPassword(password: string): Promise<boolean> {
  const lower = password.toLowerCase();
  if (new Set(lower).size < LEAST_DIFFERENT) return true;
  // Loaded for the first new password, because a start does not need it.
  known ??= loadCommonPasswords();
  const common = await known;
  return common.has(lower) || common.has(lower.replace(ADDED, ""));
}

async function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  return new Set(dictionary["passwords-common"].map(String));
}
