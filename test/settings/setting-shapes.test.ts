import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import { entrypointSettingsShape } from "../../src/settings/entrypoint-settings.ts";
import { mergeGiven, withoutDefaults } from "../../src/settings/setting-shapes.ts";
import { webhookSettingsShape } from "../../src/settings/webhook-settings.ts";
import { deliveryPolicyShape } from "../../src/targets/delivery-policy.ts";

type Shape = Readonly<Record<string, z.ZodType>>;

const SHAPES: readonly (readonly [what: string, Shape])[] = [
  ["entrypoints", entrypointSettingsShape],
  ["targets", deliveryPolicyShape],
  ["webhooks", webhookSettingsShape],
];

/** Values that some settings take and others refuse. */
const value = fc.oneof(
  fc.constantFrom(null, true, false, "off", "list", "$.id", "X-Event-Id", "*", "4xx", 1, 200, 5_000, 1.5),
  fc.constantFrom([], ["POST"], ["404"], [5, 300], {}, { "X-Answer": "yes" }),
  fc.anything().filter((any) => any !== undefined),
);

describe.each(SHAPES)("the settings of %s without their defaults", (_what, shape) => {
  const names = Object.keys(shape);
  const bare: Shape = withoutDefaults(shape);
  const change = z.strictObject(bare).partial();

  test("are the same settings, described in the same words", () => {
    const words = (of: Shape) =>
      Object.entries(of).map(([name, schema]) => [name, z.toJSONSchema(schema, { io: "input" }).description]);
    expect(words(bare)).toEqual(words(shape));
  });

  test("are each required, and each optional in a change", () => {
    const missing = z
      .strictObject(bare)
      .safeParse({})
      .error?.issues.map(({ path }) => path.join("."));
    expect(missing).toEqual(names);
    expect(change.parse({})).toEqual({});
  });

  test("take, refuse and turn any value into what they do with their defaults", () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), value, (name, given) => {
        const result = (of: Shape) => of[name]?.safeParse(given);
        const [kept, whole] = [result(bare), result(shape)];
        expect([kept?.success, kept?.data, kept?.error?.issues]).toEqual([
          whole?.success,
          whole?.data,
          whole?.error?.issues,
        ]);
      }),
    );
  });

  test("make a change that says what was given, and nothing else", () => {
    const defaults = z.record(z.string(), z.unknown()).parse(z.strictObject(shape).parse({}));
    fc.assert(
      fc.property(fc.subarray(names), (given) => {
        const sent = Object.fromEntries(given.map((name) => [name, defaults[name]]));
        expect(change.parse(sent)).toEqual(sent);
      }),
    );
  });

  test("know no other field", () => {
    expect(change.safeParse({ colour: "tomato" }).error?.issues).toMatchObject([
      { code: "unrecognized_keys", keys: ["colour"] },
    ]);
  });
});

test("settings that are given go over the stored ones; what is no setting is left out", () => {
  const shape = { a: z.number().default(1), b: z.number().nullable().default(2), c: z.number().default(3) };
  const given = { a: undefined, b: null, c: 7, name: "Shop" };
  expect(mergeGiven({ shape, given, stored: { a: 4, b: 5, c: 6 } })).toEqual({ a: 4, b: null, c: 7 });
});
