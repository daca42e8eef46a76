/** Password rules, and argon2id hashes of passwords, a few at a time. */
import { AppError } from "../lib/errors.ts";
import { isCommonPassword } from "./common-passwords.ts";
import { createHashingQueue } from "./hashing-queue.ts";

const MIN_LENGTH = 10;
/** Nobody types more, and longer input takes longer to hash. */
const MAX_LENGTH = 1_024;
/** 64 MiB and two passes take about 0.1 s, off the event loop. */
const ARGON2ID = { algorithm: "argon2id", memoryCost: 65_536, timeCost: 2 } as const;
/** Hash of a random password, with the same parameters. */
const NOBODYS_HASH =
  "$argon2id$v=19$m=65536,t=2,p=1$jveBhIKWd17mr39IgpLkYuzRAAgIRAzO/gILDFkR064$90G7aAE74vO6f03U6PDvZcjVp1wekE9CjPbzI8FHVLs";

export type Passwords = Readonly<{
  /** Rejects with AppError `invalid` for a password that is too short, too long or too common. */
  hash: (password: string) => Promise<string>;
  /**
   * Takes the same time for an unknown user: `hash` is then null and the result false. Rejects with AppError
   * `unavailable` while too many wait, unless `isTrusted` (see HashingQueue).
   */
  verify: (password: string, hash: string | null, of?: { isTrusted: boolean }) => Promise<boolean>;
}>;

type Argon2 = Readonly<{
  hash: (password: string, settings: typeof ARGON2ID) => Promise<string>;
  verify: (password: string, hash: string) => Promise<boolean>;
}>;

export function createPasswords(argon2: Argon2 = Bun.password): Passwords {
  const queue = createHashingQueue();
  return {
    async hash(password) {
      const length = [...password].length;
      if (length < MIN_LENGTH) throw unfit(`has fewer than ${MIN_LENGTH} characters`);
      if (length > MAX_LENGTH) throw unfit(`has more than ${MAX_LENGTH} characters`);
      if (await isCommonPassword(password)) throw unfit("is one of the most common passwords");
      return queue.run(() => argon2.hash(normalize(password), ARGON2ID), { isTrusted: true });
    },
    async verify(password, hash, of = { isTrusted: false }) {
      // Longer than any accepted password, so this reveals nothing about the user.
      if (password.length > 2 * MAX_LENGTH) return false;
      const matches = await queue.run(() => argon2.verify(normalize(password), hash ?? NOBODYS_HASH), of);
      return matches && hash !== null;
    },
  };
}

/** Systems encode the same character in different ways; NIST SP 800-63B recommends this normalization. */
function normalize(password: string): string {
  return password.normalize("NFKC");
}

function unfit(fault: string): AppError {
  return new AppError({
    kind: "invalid",
    message: `The password ${fault}.`,
    hint: `Use ${MIN_LENGTH} characters or more, for example a few words.`,
    details: [{ path: "password", message: fault }],
  });
}
