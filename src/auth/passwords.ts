/** Passwords: what is accepted, and argon2id hashes of them, few at a time. */
import { AppError } from "../lib/errors.ts";

const MIN_LENGTH = 10;
/** Nobody types more; hashing takes longer the more there is. */
const MAX_LENGTH = 1_024;
/** 64 MiB and two passes take about a tenth of a second, off the event loop. */
const ARGON2ID = { algorithm: "argon2id", memoryCost: 65_536, timeCost: 2 } as const;
/** A flood of sign-ins must take neither all the memory nor all the cores. */
const MAX_AT_ONCE = 2;
/** Of a password that nobody has, made with the same settings. */
const NOBODYS_HASH =
  "$argon2id$v=19$m=65536,t=2,p=1$jveBhIKWd17mr39IgpLkYuzRAAgIRAzO/gILDFkR064$90G7aAE74vO6f03U6PDvZcjVp1wekE9CjPbzI8FHVLs";

export type Passwords = Readonly<{
  /** Throws AppError invalid for a password that is too short or too long. */
  hash: (password: string) => Promise<string>;
  /** Takes as long for a user who does not exist: `hash` is null then, and the answer false. */
  verify: (password: string, hash: string | null) => Promise<boolean>;
}>;

type Argon2 = Readonly<{
  hash: (password: string, settings: typeof ARGON2ID) => Promise<string>;
  verify: (password: string, hash: string) => Promise<boolean>;
}>;

export function createPasswords(argon2: Argon2 = Bun.password): Passwords {
  const limit = createLimit(MAX_AT_ONCE);
  return {
    hash(password) {
      const length = [...password].length;
      if (length < MIN_LENGTH) throw unfit(`has fewer than ${MIN_LENGTH} characters`);
      if (length > MAX_LENGTH) throw unfit(`has more than ${MAX_LENGTH} characters`);
      return limit(() => argon2.hash(normalize(password), ARGON2ID));
    },
    async verify(password, hash) {
      // Longer than any that was accepted, so it tells nothing about the user.
      if (password.length > 2 * MAX_LENGTH) return false;
      const matches = await limit(() => argon2.verify(normalize(password), hash ?? NOBODYS_HASH));
      return matches && hash !== null;
    },
  };
}

/** Keyboards and systems write one character in different ways; NIST SP 800-63B names this form. */
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

/** Runs at most `max` at once; the others wait their turn. */
function createLimit(max: number): <T>(run: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (run) => {
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      // The place goes straight to the next one, so that none can slip in between.
      if (next) next();
      else running--;
    }
  };
}
