import { describe, expect, test } from "bun:test";
import { Html } from "@elysiajs/html";
import { FormFields } from "../../src/dashboard/components/form-fields.tsx";
import { readFields } from "../../src/dashboard/form-values.ts";
import { fieldErrors, NO_ERRORS } from "../../src/dashboard/forms.ts";
import { AppError } from "../../src/lib/errors.ts";
import type { FormField } from "../../src/settings/form-field.ts";

const FIELDS: readonly FormField[] = [
  { name: "url", label: "URL", kind: "url", required: true },
  { name: "token", label: "Token", kind: "text", secret: true, required: true },
  { name: "headers", label: "Headers", kind: "headers", secret: true },
  { name: "size", label: "Size", kind: "number" },
  { name: "fast", label: "Fast", kind: "checkbox" },
  {
    name: "mode",
    label: "Mode",
    kind: "select",
    options: [
      { value: "a", label: "A" },
      { value: "b", label: "B" },
    ],
  },
  { name: "note", label: "Note", kind: "textarea", help: "Anything." },
];

const HOSTILE = `"><script>x()</script>&quot;`;

async function draw(props: Partial<Parameters<typeof FormFields>[0]>): Promise<string> {
  return await (<FormFields fields={FIELDS} errors={NO_ERRORS} {...props} />);
}

describe("a field that is a list", () => {
  const lists: readonly FormField[] = [
    { name: "networks", label: "Networks", kind: "list" },
    { name: "codes", label: "Codes", kind: "number-list" },
  ];

  test("accepts one item per line or items separated by commas", () => {
    const form = { networks: " 10.0.0.0/8,\n\n::1 ", codes: "410\nx" };
    expect(readFields(lists, form)).toEqual({ networks: ["10.0.0.0/8", "::1"], codes: [410, "x"] });
  });

  test("is empty if it was emptied, and omitted if the form does not contain it", () => {
    expect(readFields(lists, { networks: "" })).toEqual({ networks: [] });
  });

  test("shows which item an error belongs to", async () => {
    const html = await draw({ fields: lists, errors: { "networks.1": "Is no network." } });
    expect(html).toContain("Item 2: Is no network.");
  });

  test("shows one item per line", async () => {
    const html = await draw({ fields: lists, values: { networks: ["a", "b"], codes: [410] } });
    expect(html).toContain("\na\nb</textarea>");
    expect(html).toContain("\n410</textarea>");
  });
});

describe("a list of form fields", () => {
  test("is drawn from the list alone, each field with its label", async () => {
    const html = await draw({});
    for (const { label } of FIELDS) expect(html).toContain(label);
    for (const name of ["url", "token", "size", "fast", "mode", "note"]) {
      expect(html).toContain(`for="f-${name}"`);
      expect(html).toContain(`name="${name}"`);
    }
    expect(html).toContain('aria-describedby="f-note-help"');
  });

  test("shows stored values, but only the presence of secrets", async () => {
    const html = await draw({
      values: {
        url: "https://a.example/",
        token: "[secret]",
        headers: { "X-Key": "[secret]" },
        size: 7,
        fast: true,
        mode: "b",
      },
    });
    expect(html).toContain('value="https://a.example/"');
    expect(html).toContain('value="7"');
    expect(html).toMatch(/name="fast"[^>]* checked/);
    expect(html).toContain('<option value="b" selected');
    expect(html).toContain('value="X-Key"');
    expect(html).not.toContain("[secret]");
    expect(html).toContain("Leave empty to keep it.");
    // A browser would not submit an empty required field, but empty is how a stored secret is kept.
    expect(html).not.toMatch(/name="token"[^>]* required/);
  });

  test("keeps typed values, with the error beside them", async () => {
    const html = await draw({
      values: { url: "https://stored.example/", fast: true },
      typed: { url: "nonsense", "headers.0.name": "A B", "headers.0.value": "v" },
      errors: { url: "Must be a URL.", "headers.A B": "Is not a valid header name." },
    });
    expect(html).toContain('value="nonsense"');
    expect(html).not.toContain("stored.example");
    expect(html).not.toMatch(/name="fast"[^>]* checked/);
    expect(html).toMatch(/name="url"[^>]* aria-describedby="f-url-error" aria-invalid="true"/);
    expect(html).toContain("Must be a URL.");
    expect(html).toContain("A B: Is not a valid header name.");
    expect(html).toContain('value="A B"');
  });

  test("escapes every value", async () => {
    const typed = { url: HOSTILE, note: `</textarea>${HOSTILE}`, "headers.0.name": HOSTILE, mode: HOSTILE };
    const html = await draw({ typed, errors: { url: HOSTILE } });
    expect(html).not.toContain("<script>");
    expect(html.match(/<\/textarea>/g)).toHaveLength(1);
    expect(html).toContain("&amp;quot;");
  });
});

describe("a submitted form", () => {
  test("becomes the values that the schema accepts", () => {
    const form = { url: " https://a.example/ ", size: "5", fast: "true", mode: "b", note: "", other: "x" };
    expect(readFields(FIELDS, form)).toEqual({
      url: "https://a.example/",
      headers: {},
      size: 5,
      fast: true,
      mode: "b",
    });
  });

  test("leaves invalid numbers to the schema, and makes an unticked box false", () => {
    expect(readFields(FIELDS, { size: "many" })).toEqual({ headers: {}, size: "many", fast: false });
  });

  test("keeps stored header values whose names are kept, and drops headers whose names are removed", () => {
    const stored = { headers: { Authorization: "[secret]", "X-Old": "[secret]" } };
    const form = {
      "headers.0.name": "Authorization",
      "headers.0.value": "",
      "headers.2.name": " X-New ",
      "headers.2.value": "v",
      "headers.3.name": "X-Empty",
      "headers.3.value": "",
    };
    expect(readFields(FIELDS, form, stored).headers).toEqual({
      Authorization: "[secret]",
      "X-New": "v",
      "X-Empty": "",
    });
  });
});

describe("errors", () => {
  test("are assigned to their fields, those within the config to the fields by their own names", () => {
    const error = new AppError({
      kind: "invalid",
      message: "The target is not valid.",
      details: [
        { path: "name", message: "must not be empty" },
        { path: "config.url", message: "must be an http or https URL" },
        { path: "config.url", message: "a second one" },
      ],
    });
    expect(fieldErrors(error, "config")).toEqual({
      name: "Fill this in.",
      url: "Must be an http or https URL.",
    });
  });

  test("that the input did not cause are rethrown", () => {
    const error = new AppError({ kind: "unavailable", message: "disk full" });
    expect(() => fieldErrors(error)).toThrow("disk full");
    expect(() => fieldErrors(new Error("bug"))).toThrow("bug");
  });
});
