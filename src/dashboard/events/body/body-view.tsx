/** Draws a body: coloured JSON, form fields as a table, text, or a hex dump. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { JsonToken } from "../../../bodies/json-layout.ts";
import { attribute } from "../../render.ts";
import type { BodyPicture, FormValue } from "./body-picture.ts";
import { JsonView } from "./json-view.tsx";

const KINDS = { empty: "empty", json: "JSON", form: "Form", text: "Text", hex: "Binary" } as const;

export function bodyKind(picture: BodyPicture): string {
  return KINDS[picture.kind];
}

/**
 * `label` names the scrolling region for screen readers; `placesAt` is the path of the page that tells the path of a value,
 * if there is one.
 */
export function BodyView(props: {
  picture: BodyPicture;
  label: string;
  placesAt?: string | undefined;
}): JSX.Element {
  const { picture, label, placesAt } = props;
  switch (picture.kind) {
    case "empty":
      return <p class="muted body-empty">No body.</p>;
    case "form":
      return <FormTable fields={picture.fields} label={label} />;
    case "json":
      return <JsonRegion label={label} tokens={picture.tokens} placesAt={placesAt} />;
    case "text":
      return (
        <CodeRegion label={label} wrap>
          {Html.escapeHtml(picture.text)}
        </CodeRegion>
      );
    case "hex":
      return <CodeRegion label={`${label}, as hexadecimal`}>{Html.escapeHtml(picture.dump)}</CodeRegion>;
  }
}

function CodeRegion(props: PropsWithChildren<{ label: string; wrap?: boolean }>): JSX.Element {
  return (
    <section
      class={props.wrap ? "body-code body-wrap" : "body-code"}
      tabindex="0"
      aria-label={attribute(props.label)}
    >
      <pre>
        <code>{props.children}</code>
      </pre>
    </section>
  );
}

function JsonRegion(props: {
  label: string;
  tokens: readonly JsonToken[];
  placesAt?: string | undefined;
}): JSX.Element {
  return (
    <section
      class="body-code"
      tabindex="0"
      aria-label={attribute(props.label)}
      data-places={props.placesAt && attribute(props.placesAt)}
    >
      <JsonView tokens={props.tokens} />
    </section>
  );
}

function FormTable({ fields, label }: { fields: readonly FormValue[]; label: string }): JSX.Element {
  return (
    <table class="pairs">
      <caption class="sr-only" safe>
        {label}
      </caption>
      <thead class="sr-only">
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {fields.map(({ name, value, json }) => (
          <tr>
            <th scope="row" safe>
              {name}
            </th>
            <td>
              {json === null ? (
                <span class="pair-value" safe>
                  {value}
                </span>
              ) : (
                <JsonRegion label={`${label}, field ${name}`} tokens={json} />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
