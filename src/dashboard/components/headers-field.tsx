/** Edits headers as pairs of inputs. A stored secret value is not shown, and is kept if none is typed. */
import { Html } from "@elysiajs/html";
import { MAX_HEADER_ROWS } from "../form-values.ts";
import type { FormInput } from "../forms.ts";
import { attribute } from "../render.ts";
import { FieldNotes, fieldIds } from "./field-row.tsx";

type Props = Readonly<{
  name: string;
  label: string;
  help: string | undefined;
  error: string | undefined;
  idPrefix: string | undefined;
  /** `{ name: value }` as stored; secret values are "[secret]". */
  value: unknown;
  isSecret: boolean;
  typed: FormInput | undefined;
}>;

type Pair = Readonly<{ header: string; value: string; isStored: boolean }>;

const EMPTY: Pair = { header: "", value: "", isStored: false };

export function HeadersField(props: Props): JSX.Element {
  const { id, describedBy } = fieldIds(props);
  const pairs = [...(props.typed ? typedPairs(props.name, props.typed, props) : storedPairs(props))];
  // Without scripts no more rows can be added; two more appear the next time the form is opened.
  pairs.push(EMPTY, EMPTY);
  return (
    <fieldset
      class={props.error === undefined ? "field" : "field field-wrong"}
      aria-describedby={describedBy}
      data-rows
    >
      <legend>
        <span safe>{props.label}</span>
        <span class="muted"> (optional)</span>
      </legend>
      {pairs.slice(0, MAX_HEADER_ROWS).map((pair, index) => (
        <div class="header-row" data-row>
          <input
            class="input"
            name={attribute(`${props.name}.${index}.name`)}
            value={attribute(pair.header)}
            placeholder="Name"
            aria-label={`Header ${index + 1}: name`}
            autocomplete="off"
            spellcheck="false"
          />
          <input
            class="input"
            name={attribute(`${props.name}.${index}.value`)}
            value={attribute(pair.value)}
            placeholder={pair.isStored ? "stored; leave empty to keep" : "Value"}
            aria-label={`Header ${index + 1}: value`}
            autocomplete="off"
            spellcheck="false"
          />
        </div>
      ))}
      <FieldNotes id={id} help={props.help} error={props.error} />
    </fieldset>
  );
}

type Stored = Pick<Props, "value" | "isSecret">;

function storedPairs({ value: stored, isSecret }: Stored): readonly Pair[] {
  if (typeof stored !== "object" || stored === null) return [];
  return Object.entries(stored).map(([header, value]) => ({
    header,
    value: isSecret ? "" : String(value),
    isStored: isSecret,
  }));
}

function typedPairs(name: string, typed: FormInput, stored: Stored): readonly Pair[] {
  const known = new Set(stored.isSecret ? storedPairs(stored).map(({ header }) => header) : []);
  const pairs: Pair[] = [];
  for (let index = 0; index < MAX_HEADER_ROWS; index++) {
    const header = typed[`${name}.${index}.name`] ?? "";
    const value = typed[`${name}.${index}.value`] ?? "";
    if (header !== "" || value !== "") pairs.push({ header, value, isStored: known.has(header) });
  }
  return pairs;
}
