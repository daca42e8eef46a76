/** Which events of its webhook a target gets: by their types and by a filter, as the API takes it and as forms draw it. */
import { z } from "zod";
import { readTypedJson } from "../bodies/typed-json.ts";
import { MAX_EVENT_TYPES, MAX_PATTERN_LENGTH } from "../filters/event-types.ts";
import { MAX_FILTER_CONDITIONS, MAX_FILTER_LEVELS } from "../filters/filter-reading.ts";
import { parseFilter } from "../filters/parse-filter.ts";
import type { Wants } from "../filters/target-filter.ts";
import type { FormField } from "../settings/form-field.ts";

/** Most characters of the filter's JSON. */
const MAX_FILTER_LENGTH = 64 * 1024;

/** Part of the delivery policy. */
export const filterPolicyShape = {
  event_types: z
    .array(z.string().trim().min(1).max(MAX_PATTERN_LENGTH))
    .max(MAX_EVENT_TYPES)
    .describe(
      'Only events of these types are delivered; `*` stands for any characters, as in "order.*". Empty: all types. An event whose type is unknown is delivered. Applies to events received from now on.',
    )
    .default([]),
  filter: z
    .unknown()
    .superRefine(refuseFaults)
    .describe(
      `Only events that meet it are delivered: an object with any of type, method, path, query, headers and body, as the manual's chapter on filters describes. At most ${MAX_FILTER_LEVELS} levels and ${MAX_FILTER_CONDITIONS} conditions. An event that cannot be judged is delivered. null: all events. Applies to events received from now on.`,
    )
    .meta({ type: ["object", "null"] })
    .default(null),
};

/** Every type of target has them. */
export const filterPolicyFields: readonly FormField[] = [
  {
    name: "event_types",
    label: "Event types",
    kind: "list",
    placeholder: "order.*",
    help: "One per line; * stands for any characters. Leave empty for all types.",
  },
  {
    name: "filter",
    nullable: true,
    label: "Filter",
    kind: "json",
    placeholder: '{ "body": { "amount": { "$gte": 100 } } }',
    help: "JSON with any of type, method, path, query, headers and body. Leave empty for all events. Applies to events received from now on.",
  },
];

/** A form hands over text where it is not JSON, so that the fault is told by its line. */
function refuseFaults(filter: unknown, context: z.RefinementCtx): void {
  if (filter === null) return;
  if (typeof filter === "string") {
    const read = readTypedJson(filter);
    context.addIssue("fault" in read ? read.fault : "must be an object, not a text");
    return;
  }
  const parsed = parseFilter(filter);
  if ("faults" in parsed) {
    for (const { path, message } of parsed.faults) {
      context.addIssue({ code: "custom", path: [...path], message });
    }
  } else if (JSON.stringify(filter).length > MAX_FILTER_LENGTH) {
    context.addIssue(`must have at most ${MAX_FILTER_LENGTH} characters of JSON`);
  }
}

/** Returns a policy in the form that filters are compiled from. */
export function wantsOf(policy: Readonly<{ event_types: readonly string[]; filter: unknown }>): Wants {
  return { eventTypes: policy.event_types, filter: policy.filter };
}
