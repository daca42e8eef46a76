/** An event as filters see it: its parts by the names that a filter has for them, read when they are asked for. */
import { type BodyContent, storedHead } from "../bodies/body-content.ts";
import { bodyValuesOf } from "../bodies/body-values.ts";
import type { FormValue } from "../bodies/form-values.ts";
import { readJson, type Work } from "../bodies/json-text.ts";
import type { FieldName } from "./condition.ts";
import {
  type FilterValue,
  jsonValue,
  type Members,
  objectValue,
  oneOrList,
  textValue,
  unreadableValue,
} from "./filter-value.ts";

/** An event as filters read it, before it is stored or afterwards. */
export type FilteredEvent = Readonly<{
  /** Null where it is not known. */
  type: string | null;
  method: string;
  /** Path after the entrypoint's URL; "" where there is none. */
  pathTail: string;
  query: string;
  /** Names in lower case. */
  headers: readonly (readonly [name: string, value: string])[];
  contentType: string;
  body: Uint8Array;
}>;

/** The event's body is read once, whoever else reads it; reading it is taken from `work`. */
export function eventValue(event: FilteredEvent, work: Work): FilterValue {
  let query: FilterValue | null = null;
  let body: FilterValue | null = null;
  return objectValue({
    find({ text: name }) {
      switch (name) {
        case "type":
          return event.type === null ? undefined : textValue(event.type);
        case "method":
          return textValue(event.method);
        case "path":
          return textValue(event.pathTail === "" ? "/" : event.pathTail);
        case "query":
          query ??= queryValue(event.query);
          return query;
        case "headers":
          return headersValue(event.headers);
        case "body":
          body ??= bodyValue(contentOf(event), work);
          return body;
      }
    },
    names: () => [],
  });
}

function contentOf(event: FilteredEvent): BodyContent {
  return bodyValuesOf(event.body, () => storedHead(event)).content();
}

function headersValue(headers: FilteredEvent["headers"]): FilterValue {
  return objectValue({
    find({ text: wanted }) {
      let found: string | null = null;
      for (const header of headers) {
        if (header[0] === wanted) found = found === null ? header[1] : `${found}, ${header[1]}`;
      }
      return found === null ? undefined : textValue(found);
    },
    names: () => headers.map(([name]) => name),
  });
}

function queryValue(query: string): FilterValue {
  const fields = new Map<string, FilterValue[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [textValue(value)]);
    else values.push(textValue(value));
  }
  return objectValue({
    find({ text: name }) {
      const values = fields.get(name);
      return values && oneOrList(values);
    },
    names: () => fields.keys(),
  });
}

function bodyValue(content: BodyContent, work: Work): FilterValue {
  switch (content.kind) {
    case "json":
      return jsonValue(content.json, work);
    case "form":
      return objectValue(formMembers(content.fields, work));
    case "empty":
      return unreadableValue("The body is empty.");
    case "unreadable":
      return unreadableValue(content.why);
  }
}

/** A form's fields, and the members of the JSON in its field `payload`, in which GitHub and Slack send theirs. */
function formMembers(fields: readonly FormValue[], work: Work): Members {
  let payload: FilterValue | undefined;
  const valuesOf = (wanted: string) => fields.filter(({ name }) => name === wanted).map(fieldValue);
  return {
    find(name: FieldName) {
      const values = valuesOf(name.text);
      if (values.length > 0) return oneOrList(values);
      payload ??= payloadValue(
        fields.findLast((field) => field.name === "payload"),
        work,
      );
      return payload.member(name);
    },
    names: () => fields.flatMap(({ name }) => name ?? []),
  };
}

function fieldValue({ value }: FormValue): FilterValue {
  return value === null ? unreadableValue("A field of the form is not valid text.") : textValue(value);
}

/** A text that is no JSON has no members. */
function payloadValue(field: FormValue | undefined, work: Work): FilterValue {
  const text = field?.value ?? "";
  const json = readJson(new TextEncoder().encode(text));
  return typeof json === "string" ? textValue(text) : jsonValue(json, work);
}
