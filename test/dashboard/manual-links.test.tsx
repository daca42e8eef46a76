import { describe, expect, test } from "bun:test";
import { Html } from "@elysiajs/html";
import { FieldSections } from "../../src/dashboard/components/field-sections.tsx";
import {
  ENTRYPOINT_PARTS,
  hrefOf,
  labelOf,
  type SectionParts,
  TARGET_PARTS,
  VERIFICATION_PARTS,
} from "../../src/dashboard/manual/links.ts";
import { signingFields } from "../../src/dashboard/webhooks/targets/signing-form.ts";
import { transformationFields } from "../../src/dashboard/webhooks/targets/transformation-form.ts";
import { findChapter } from "../../src/manual/chapters.ts";
import { entrypointSettingsFields } from "../../src/settings/entrypoint-settings-fields.ts";
import { type FormField, inSection } from "../../src/settings/form-field.ts";
import { deliveryPolicyFields } from "../../src/targets/delivery-policy.ts";
import { filterPolicyFields } from "../../src/targets/filter-policy.ts";
import { createTargetTypes } from "../../src/targets/registry.ts";
import { headingsIn } from "../support/manual.ts";
import { createTestOutbound } from "../support/outbound.ts";
import { createTestProviders } from "../support/providers.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const { log } = createRecordingLog();
const http = createTargetTypes({ outbound: createTestOutbound(), log }).get("http");
const providerFields = createTestProviders()
  .list()
  .flatMap(({ fields }) => fields);

/** The first field of each section, which identifies its part of the manual. */
function sectionsOf(fields: readonly FormField[]): ReadonlySet<string> {
  const firsts = new Map<string, string>();
  for (const { section, name } of fields)
    if (section !== undefined && !firsts.has(section)) firsts.set(section, name);
  return new Set(firsts.values());
}

const filterFields = inSection("Filter", filterPolicyFields);

const FORMS: readonly (readonly [string, SectionParts, readonly FormField[]])[] = [
  ["an entrypoint", ENTRYPOINT_PARTS, entrypointSettingsFields],
  [
    "a target",
    TARGET_PARTS,
    [...filterFields, ...transformationFields, ...deliveryPolicyFields, ...signingFields, ...http.fields],
  ],
  ["a verification", VERIFICATION_PARTS, providerFields],
];

describe.each(FORMS)("the form of %s", (_of, parts, fields) => {
  test("has a link into the manual in every section, and none for other sections", () => {
    expect([...sectionsOf(fields)].toSorted()).toEqual(Object.keys(parts).toSorted());
  });

  test("links to existing chapters and headings", () => {
    for (const part of Object.values(parts)) {
      const [slug = "", heading] = part.split("#");
      const ids = headingsIn(findChapter(slug)?.text ?? "").map(({ id }) => id);
      expect([part, heading === undefined ? ids.length > 0 : ids.includes(heading)]).toEqual([part, true]);
    }
  });

  test("shows each link in its section", async () => {
    const html = await (<FieldSections fields={fields} errors={{}} manual={parts} />);
    for (const part of Object.values(parts))
      expect(html).toContain(`<a href="${hrefOf(part)}">${labelOf(part)}</a>`);
  });
});
