import { describe, expect, test } from "bun:test";
import { dependencies } from "../../package.json";
import { LICENCES } from "../../src/cli/licences.ts";

describe("the licences", () => {
  test("name webhooker, its runtime and every package that the executable contains, with their versions", () => {
    expect(LICENCES).toStartWith("webhooker\n\nMIT License");
    expect(LICENCES).toContain("JavaScriptCore");
    const lines = new Set(LICENCES.split("\n"));
    for (const [name, version] of Object.entries(dependencies)) {
      expect([name, lines.has(`${name} ${version}`)]).toEqual([name, true]);
    }
    // Also packages of packages.
    expect(LICENCES).toMatch(/^thread-stream \d/m);
    expect(LICENCES).toMatch(/^jose \d/m);
  });

  test("appear once each with the packages that share them, without packages for development only", () => {
    expect(LICENCES).not.toContain("Licence: undefined");
    expect(
      LICENCES.match(/TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION/g)?.length,
    ).toBeLessThan(6);
    expect(LICENCES).not.toMatch(/^(typescript|fast-check|playwright-core) \d/m);
  });
});
