/** Knows the passwords that guessers try first. */

/** "password2024!" is as common as "password". */
const MOST_ADDED = 5;
const ADDED = new RegExp(`[\\d!?.,;:@#$%&*+_-]{1,${MOST_ADDED}}$`);
/** "aaaaaaaaaa", "1212121212" */
const LEAST_DIFFERENT = 4;

let known: Promise<ReadonlySet<string>> | null = null;

/** True for one of the 49,000 most common passwords, in whatever case, also with a few digits or signs at its end. */
export async function isCommonPassword(password: string): Promise<boolean> {
  const lower = password.toLowerCase();
  if (new Set(lower).size < LEAST_DIFFERENT) return true;
  // Loaded with the first new password, as a start needs none.
  known ??= loadCommonPasswords();
  const common = await known;
  return common.has(lower) || common.has(lower.replace(ADDED, ""));
}

async function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  return new Set(dictionary["passwords-common"].map(String));
}
