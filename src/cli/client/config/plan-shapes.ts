/** A plan as the gateway tells it, and the same without the values that the file's placeholders brought. */
import { z } from "zod";
import type { ConfigFile } from "./config-file.ts";

const fieldShape = z.looseObject({
  field: z.string(),
  secret: z.boolean(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});

const changeShape = z.looseObject({
  action: z.string(),
  kind: z.string(),
  path: z.string(),
  id: z.string(),
  name: z.string(),
  adopts: z.boolean(),
  fields: z.array(fieldShape),
});

const keptShape = z.looseObject({
  kind: z.string(),
  path: z.string(),
  name: z.string(),
  managed: z.boolean(),
});

export const planShape = z.looseObject({
  revision: z.string(),
  applied: z.boolean(),
  changes: z.array(changeShape),
  kept: z.looseObject({ total: z.number(), objects: z.array(keptShape) }),
});

export const exportShape = z.looseObject({ document: z.record(z.string(), z.unknown()) });

export type RemotePlan = z.output<typeof planShape>;
export type RemoteChange = RemotePlan["changes"][number];

/** A value from the environment or from a file may be a secret, whatever setting it is for. */
export function withoutFilledIn(
  plan: RemotePlan,
  { isFilledIn }: Pick<ConfigFile, "isFilledIn">,
): RemotePlan {
  const changes = plan.changes.map((change) => ({
    ...change,
    name: isFilledIn(`${change.path}.name`) ? (change.path.split(".").at(-1) ?? "") : change.name,
    fields: change.fields.map((each) =>
      isFilledIn(`${change.path}.${each.field}`)
        ? { ...each, secret: true, before: null, after: null }
        : each,
    ),
  }));
  return { ...plan, changes };
}
