/** Code that receivers verify a target's signature with, in several languages. A test runs it. */
import type { SigningScheme } from "../../../../targets/signing-keys.ts";
import go from "./v1/go.go" with { type: "text" };
import node from "./v1/node.mjs" with { type: "text" };
import php from "./v1/php.php" with { type: "text" };
import python from "./v1/python.py" with { type: "text" };
import ruby from "./v1/ruby.rb" with { type: "text" };
import shell from "./v1/shell.sh" with { type: "text" };
import goByKey from "./v1a/go.go" with { type: "text" };
import nodeByKey from "./v1a/node.mjs" with { type: "text" };
import phpByKey from "./v1a/php.php" with { type: "text" };
import pythonByKey from "./v1a/python.py" with { type: "text" };
import rubyByKey from "./v1a/ruby.rb" with { type: "text" };
import shellByKey from "./v1a/shell.sh" with { type: "text" };

const LANGUAGES = ["Node.js", "Python", "Go", "PHP", "Ruby", "Shell"] as const;

export type Language = (typeof LANGUAGES)[number];

const TEXTS: Readonly<Record<SigningScheme, Readonly<Record<Language, string>>>> = {
  v1: { "Node.js": node, Python: python, Go: go, PHP: php, Ruby: ruby, Shell: shell },
  v1a: {
    "Node.js": nodeByKey,
    Python: pythonByKey,
    Go: goByKey,
    PHP: phpByKey,
    Ruby: rubyByKey,
    Shell: shellByKey,
  },
};

/** Stands in the texts for the target's public key. */
const KEY = "whpk_PUBLIC_KEY";

export type SigningSample = Readonly<{ language: Language; text: string }>;

/** `publicKey` is null for HMAC, whose secret the code reads from the environment, as no page shows it again. */
export function signingSamples(scheme: SigningScheme, publicKey: string | null): readonly SigningSample[] {
  return LANGUAGES.map((language) => ({
    language,
    text: TEXTS[scheme][language].replace(KEY, publicKey ?? KEY),
  }));
}
