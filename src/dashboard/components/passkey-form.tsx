/** A form that is sent with a device's answer; scripts show it where the browser has passkeys. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { DeviceQuestion } from "../../auth/passkeys/passkeys.ts";
import type { FormInput } from "../forms.ts";
import { attribute } from "../render.ts";
import { Button } from "./button.tsx";

/** Creates a passkey, or uses one. */
type Does = "create" | "get";

/** Different ones, as a form that creates a passkey may be sent again with the answer of another. */
export const PASSKEY_FIELDS = {
  create: { sealed: "new_passkey_challenge", answer: "new_passkey_answer" },
  get: { sealed: "passkey_challenge", answer: "passkey_answer" },
} as const;

export function PasskeyForm(
  props: PropsWithChildren<{
    does: Does;
    question: DeviceQuestion;
    action: string;
    label: string;
    fields?: readonly (readonly [name: string, value: string])[];
  }>,
): JSX.Element {
  const { does, question, action, label, fields = [], children } = props;
  const names = PASSKEY_FIELDS[does];
  return (
    <tag
      of="passkey-form"
      data-passkey={does}
      data-options={attribute(JSON.stringify(question.options))}
      hidden
    >
      <form class="form" method="post" action={attribute(action)} hx-boost="false">
        <input type="hidden" name={names.sealed} value={attribute(question.sealed)} />
        <input type="hidden" name={names.answer} value="" data-answer />
        {fields.map(([name, value]) => (
          <input type="hidden" name={attribute(name)} value={attribute(value)} />
        ))}
        {children}
        <p class="field-error" role="alert" hidden></p>
        <div class="form-actions">
          <Button icon="key" label={label} />
        </div>
      </form>
    </tag>
  );
}

/** Reads such a form; null if another form was sent. */
export function passkeyAnswerIn(form: FormInput, does: Does): { sealed: string; answer: string } | null {
  const { [PASSKEY_FIELDS[does].sealed]: sealed, [PASSKEY_FIELDS[does].answer]: answer } = form;
  return sealed === undefined || answer === undefined ? null : { sealed, answer };
}
