/** Files of configuration: placeholders, and faults that name line and column without any value. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of files of configuration look like that
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { z } from "zod";
import { toYaml } from "../../src/cli/client/config/config-commands.ts";
import { readConfigFile } from "../../src/cli/client/config/config-file.ts";
import { AppError } from "../../src/lib/errors.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "webhooker-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(text: string, variables: Readonly<Record<string, string>> = {}) {
  const variable = (name: string) => variables[name] ?? null;
  return readConfigFile({ name: join(folder, "webhooker.yaml"), text, variable });
}

function faultsOf(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return (error.details ?? []).map(({ path, message }) => `${path.replace(`${folder}/`, "")}: ${message}`);
  }
  return [];
}

describe("placeholders", () => {
  test("are filled in from the environment and from files beside the file, also within a text", () => {
    writeFileSync(join(folder, "code.js"), "first\nsecond\n");
    const text = "a: ${env:ONE}\nb: Bearer ${env:ONE}-${env:TWO}\nc: ${file:code.js}\n${env:KEY}: d\n";
    const file = read(text, { ONE: "1", TWO: "${env:ONE}" });
    expect(file.document).toEqual({
      a: "1",
      b: "Bearer 1-${env:ONE}",
      c: "first\nsecond",
      "${env:KEY}": "d",
    });
  });

  test("are known by their place, and by every place above", () => {
    const file = read("a:\n  b: [x, '${env:X}']\n  c: plain\n", { X: "secret" });
    expect(["a", "a.b", "a.b.1", "a.c", "a.d"].map(file.isFilledIn)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  test("that cannot be filled in are faults with their place", () => {
    expect(faultsOf(() => read("a:\n  b: ${env:NONE}\n  c: ${file:none.txt}\n"))).toEqual([
      "webhooker.yaml:2:6: needs the environment variable NONE, which is not set\n    2 |   b: ${env:NONE}\n      |      ^",
      "webhooker.yaml:3:6: needs the file none.txt, which cannot be read (ENOENT)\n    3 |   c: ${file:none.txt}\n      |      ^",
    ]);
  });
});

describe("a fault of the file", () => {
  test("names line and column, and shows no value", () => {
    expect(faultsOf(() => read("a: 1\nkey: my-secret\nkey: my-other-secret\n"))).toEqual([
      "webhooker.yaml:3:1: this key is there twice\n    3 | key: …\n      | ^",
    ]);
    const broken = [
      'a: "my-secret',
      "a: my-secret: b",
      "a: @my-secret",
      "- !my-secret x",
      "a: *my",
      "a: [my-secret",
      "my-secret",
    ];
    for (const text of [...broken, "a: |\n my-secret\nb: c: my-secret", "a: 1\n---\nmy-secret"]) {
      const faults = faultsOf(() => read(text));
      if (text !== "my-secret") expect([text, faults.length > 0]).toEqual([text, true]);
      expect(faults.join()).not.toContain("my-secret");
    }
  });

  test("is told for aliases that stand for far too much", () => {
    let text = "a: &a [x, x, x, x, x, x, x, x, x]\n";
    for (const [name, before] of ["ba", "cb", "dc", "ed", "fe"].map((pair) => [...pair])) {
      text += `${name}: &${name} [${Array(9).fill(`*${before}`).join(", ")}]\n`;
    }
    expect(faultsOf(() => read(text))).toHaveLength(1);
  });

  test("that the gateway finds is told where the file has it", () => {
    const file = read(
      "webhooks:\n  shop:\n    targets:\n      erp:\n        config:\n          headers: { x.y: z }\n        max_attempts: 0\n    members:\n      - role: viewer\n",
    );
    const place = (path: string) =>
      faultsOf(() => {
        throw file.faultsAt([{ path, message: "is wrong" }]);
      })[0]?.split("\n")[0];
    expect([
      place("webhooks.shop.targets.erp.max_attempts"),
      place("webhooks.shop.targets.erp.config.headers.x.y"),
      place("webhooks.shop.targets.erp.config.url"),
      place("webhooks.shop.members.0.role"),
      place("version"),
    ]).toEqual([
      "webhooker.yaml:7:23: max_attempts is wrong",
      "webhooker.yaml:6:27: x.y is wrong",
      "webhooker.yaml:5:9: url is wrong",
      "webhooker.yaml:9:15: role is wrong",
      "webhooker.yaml:1:1: version is wrong",
    ]);
  });
});

test("what is written as YAML is read as the same", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (made) => {
      const document = z.record(z.string(), z.unknown()).parse(JSON.parse(JSON.stringify(made)));
      expect(parse(toYaml(document))).toEqual(document);
    }),
    { numRuns: 50 },
  );
});
