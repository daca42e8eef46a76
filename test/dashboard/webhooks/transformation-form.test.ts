import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type SourcePages, startSourcePages } from "../../support/webhook-pages.ts";

// Starts the sandbox's process.
setDefaultTimeout(60_000);

let all: SourcePages;
beforeAll(async () => {
  all = await startSourcePages();
});
afterAll(() => all.stop());

const FIELD = "transformation.code";
const CODE = "function transform(payload) {\n  return payload;\n}";

const targetsPath = () => `${all.paths.webhook}/targets`;

async function add(code: string) {
  const form = { name: "CRM", type: "log", [FIELD]: code };
  const answer = await all.pages.post(targetsPath(), form);
  const targets = await all.useCases.targets.list(all.of);
  return { answer, target: targets.at(-1) };
}

describe("the code field of a target's form", () => {
  test("is there for types that send something, and not for the others", async () => {
    expect((await all.pages.get(`${targetsPath()}/new?type=http`)).html).toContain(`name="${FIELD}"`);
    expect((await all.pages.get(`${targetsPath()}/new?type=database`)).html).not.toContain(FIELD);
  });

  test("makes a version of what was typed, with line ends of one kind, and none where nothing changed", async () => {
    const { target } = await add(CODE.replaceAll("\n", "\r\n"));
    expect(target?.transformation).toMatchObject({ version: 1, code: CODE });
    const edit = `${targetsPath()}/${target?.id}/edit`;
    const { html } = await all.pages.get(edit);
    expect(html).toContain(`\n${CODE}</textarea>`);
    await all.pages.post(edit, { name: "CRM", [FIELD]: CODE.replaceAll("\n", "\r\n") });
    const after = await all.useCases.targets.get({ ...all.of, targetId: target?.id ?? "" });
    expect(after.transformation?.version).toBe(1);
  });

  test("takes the transformation away when it is emptied", async () => {
    const { target } = await add(CODE);
    await all.pages.post(`${targetsPath()}/${target?.id}/edit`, { name: "CRM", [FIELD]: "" });
    const after = await all.useCases.targets.get({ ...all.of, targetId: target?.id ?? "" });
    expect(after.transformation).toBeNull();
  });

  test("comes back with what was typed and the place of a fault", async () => {
    const before = await all.useCases.targets.list(all.of);
    const { answer } = await add("function transform(payload) {\n  return <;\n}");
    expect(answer.status).toBe(422);
    expect(answer.html).toContain("(line 2, column");
    expect(answer.html).toContain("return &lt;;");
    expect(await all.useCases.targets.list(all.of)).toEqual(before);
  });

  test("stands beside a way to replay what failed because of it", async () => {
    const { target } = await add(CODE);
    const { html } = await all.pages.get(`${targetsPath()}/${target?.id}/edit`);
    const query = `status=failed&amp;transformation=failed&amp;target=${target?.id}`;
    expect(html).toContain(`${all.paths.webhook}/replays/new?${query}`);
  });
});
