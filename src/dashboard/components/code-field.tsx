/** A form field for code: a plain text area, which the editor replaces where scripts run. */
import { Html } from "@elysiajs/html";
import { assetPaths } from "../assets/assets.ts";
import { attribute } from "../render.ts";
import type { CodePlace } from "./code-place.ts";
import { FieldRow, fieldIds, type Row } from "./field-row.tsx";

type Props = Row &
  Readonly<{
    value: string;
    placeholder: string | undefined;
    language: "typescript" | "json" | "sql";
    /** The place that the editor marks and moves to. */
    place: CodePlace | undefined;
  }>;

export function CodeField(props: Props): JSX.Element {
  const { id, describedBy } = fieldIds(props);
  const { language, place } = props;
  return (
    <FieldRow {...props}>
      <tag of="code-field" data-src={assetPaths.editor}>
        {/* Browsers drop a line feed right after the tag, so one that belongs to the value must be doubled. */}
        <textarea
          class="input code-input"
          id={id}
          name={attribute(props.name)}
          rows={language === "typescript" ? "16" : "8"}
          wrap="off"
          spellcheck="false"
          autocapitalize="off"
          placeholder={props.placeholder && attribute(props.placeholder)}
          data-language={language}
          data-fault-line={place && String(place.line)}
          data-fault-column={place && String(place.column)}
          aria-describedby={describedBy}
          aria-invalid={props.error === undefined ? undefined : "true"}
          safe
        >
          {`\n${props.value}`}
        </textarea>
      </tag>
    </FieldRow>
  );
}
