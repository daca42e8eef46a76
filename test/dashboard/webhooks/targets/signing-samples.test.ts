import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import {
  type Language,
  signingSamples,
} from "../../../../src/dashboard/webhooks/targets/signing-samples/samples.ts";
import {
  newSigningSecret,
  openSigningKey,
  type SigningScheme,
} from "../../../../src/targets/signing-keys.ts";

// Go compiles, and other tests run beside.
setDefaultTimeout(120_000);

type Case = Readonly<{ id: string; timestamp: string; signature: string; body: string }>;

/** Prints for each case of standard input, whose bodies are in base64, whether the sample accepts it. */
type Driver = Readonly<{ sample: string; file: string; text: string; command: readonly string[] }>;

const DRIVERS: Readonly<Record<Exclude<Language, "Shell">, Driver>> = {
  "Node.js": {
    sample: "sample.mjs",
    file: "main.mjs",
    command: ["node", "main.mjs"],
    text: `import { readFileSync } from "node:fs";
import { isGenuine } from ${JSON.stringify("./sample.mjs")};
const headersOf = ({ id, timestamp, signature }) =>
  ({ "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature });
const cases = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map((each) => isGenuine(headersOf(each), Buffer.from(each.body, "base64")))));`,
  },
  Python: {
    sample: "sample.py",
    file: "main.py",
    command: ["python3", "main.py"],
    text: `import base64, json, sys
from sample import is_genuine
def headers_of(each):
    return {f"webhook-{name}": each[name] for name in ["id", "timestamp", "signature"]}
print(json.dumps([is_genuine(headers_of(each), base64.b64decode(each["body"])) for each in json.load(sys.stdin)]))`,
  },
  Go: {
    sample: "sample.go",
    file: "main.go",
    command: ["go", "run", "sample.go", "main.go"],
    text: `package main
import ("encoding/json"; "os")
func main() {
	var cases []struct { Id, Timestamp, Signature string; Body []byte }
	if json.NewDecoder(os.Stdin).Decode(&cases) != nil { os.Exit(1) }
	answers := []bool{}
	for _, each := range cases {
		headers := map[string]string{
			"webhook-id": each.Id, "webhook-timestamp": each.Timestamp, "webhook-signature": each.Signature,
		}
		get := func(name string) string { return headers[name] }
		answers = append(answers, isGenuine(get, each.Body))
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}`,
  },
  PHP: {
    sample: "sample.php",
    file: "main.php",
    command: ["php", "main.php"],
    text: `<?php
require 'sample.php';
echo json_encode(array_map(fn ($each) => isGenuine([
  'HTTP_WEBHOOK_ID' => $each['id'],
  'HTTP_WEBHOOK_TIMESTAMP' => $each['timestamp'],
  'HTTP_WEBHOOK_SIGNATURE' => $each['signature'],
], base64_decode($each['body'])), json_decode(file_get_contents('php://stdin'), true)));`,
  },
  Ruby: {
    sample: "sample.rb",
    file: "main.rb",
    command: ["ruby", "main.rb"],
    text: `require "json"
require_relative "sample"
puts JSON.generate(JSON.parse($stdin.read).map { |each|
  env = %w[id timestamp signature].to_h { |name| ["HTTP_WEBHOOK_#{name.upcase}", each[name]] }
  genuine?(env, each["body"].unpack1("m"))
})`,
  },
};

const TRUE_OR_FALSE = z.array(z.boolean());

function run(
  command: readonly string[],
  options: { cwd: string; secret: string; stdin: Uint8Array<ArrayBuffer> },
) {
  const env = { ...process.env, WEBHOOK_SECRET: options.secret };
  return Bun.spawnSync([...command], { cwd: options.cwd, env, stdin: options.stdin });
}

function answers(
  language: Language,
  text: string,
  given: { secret: string; cases: readonly Case[] },
): unknown {
  const folder = mkdtempSync(join(tmpdir(), "sample-"));
  try {
    if (language === "Shell") return given.cases.map((each) => byShell(folder, text, { ...given, each }));
    const driver = DRIVERS[language];
    writeFileSync(join(folder, driver.sample), text);
    writeFileSync(join(folder, driver.file), driver.text);
    const stdin = new TextEncoder().encode(JSON.stringify(given.cases));
    const { stdout, stderr } = run(driver.command, { cwd: folder, secret: given.secret, stdin });
    if (stdout.length === 0) throw new Error(stderr.toString());
    return TRUE_OR_FALSE.parse(JSON.parse(stdout.toString()));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function byShell(folder: string, text: string, { secret, each }: { secret: string; each: Case }): boolean {
  writeFileSync(join(folder, "verify.sh"), text);
  const command = ["bash", "verify.sh", each.id, each.timestamp, each.signature];
  const stdin = new Uint8Array(Buffer.from(each.body, "base64"));
  return run(command, { cwd: folder, secret, stdin }).exitCode === 0;
}

/** A request as a target gets it, and what others may make of it. */
function casesOf(sign: (head: string, body: Uint8Array) => string): readonly (Case & { genuine: boolean })[] {
  const body = new Uint8Array([...new TextEncoder().encode('{"price":"9 €"}\n'), 0xff, 0x00, 0x0a]);
  const now = Math.floor(Date.now() / 1000);
  const at = (seconds: number): Case & { genuine: boolean } => ({
    id: "018f",
    timestamp: String(seconds),
    signature: sign(`018f.${seconds}.`, body),
    body: Buffer.from(body).toString("base64"),
    genuine: true,
  });
  const right = at(now);
  const wrong = { ...right, genuine: false };
  return [
    right,
    at(now - 200),
    { ...right, signature: `v1,bm90IGl0 v1a,bm90IGl0 v9,x ${right.signature}` },
    { ...at(now - 400), genuine: false },
    { ...at(now + 400), genuine: false },
    { ...wrong, id: "018e" },
    { ...wrong, timestamp: String(now - 1) },
    { ...wrong, timestamp: "a[$(exit)]" },
    { ...wrong, timestamp: "" },
    { ...wrong, body: Buffer.from("{}").toString("base64") },
    { ...wrong, signature: "" },
    { ...wrong, signature: "v1 v1a v1, v1a," },
    { ...wrong, signature: right.signature.replace(/^v1a?,/, "v2,") },
  ];
}

/** Commands that end with 0 where the code can run. */
const PROBES: Readonly<Record<Language, readonly string[]>> = {
  "Node.js": ["node", "--version"],
  Python: ["python3", "-c", "import cryptography"],
  Go: ["go", "version"],
  PHP: ["php", "-r", "exit(extension_loaded('sodium') ? 0 : 1);"],
  Ruby: ["ruby", "-ropenssl", "-e", "exit"],
  Shell: ["bash", "-c", "openssl pkeyutl -help 2>&1 | grep -q rawin"],
};

function canRun(language: Language): boolean {
  const [command = "", ...rest] = PROBES[language];
  return Bun.which(command) !== null && Bun.spawnSync([command, ...rest]).exitCode === 0;
}

describe("the code on a target's signing page", () => {
  for (const scheme of ["v1", "v1a"] satisfies SigningScheme[]) {
    const secret = newSigningSecret(scheme);
    const { sign, publicKey } = openSigningKey(scheme, secret);
    for (const { language, text } of signingSamples(scheme, publicKey)) {
      test(`accepts what ${scheme} signed, and nothing else, in ${language}`, () => {
        expect(text.includes(publicKey ?? "WEBHOOK_SECRET")).toBe(true);
        if (!canRun(language)) {
          process.stdout.write(`The code in ${language} is not run: this machine lacks what it needs.\n`);
          return;
        }
        const cases = casesOf(sign);
        expect(answers(language, text, { secret, cases })).toEqual(cases.map(({ genuine }) => genuine));
      });
    }
  }
});
