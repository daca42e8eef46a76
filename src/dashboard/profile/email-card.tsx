/** The e-mail address of a user, for links to a new password. */
import { Html } from "@elysiajs/html";
import { ActionButton, Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { TextField } from "../components/field-row.tsx";
import type { FieldErrors, FormInput } from "../forms.ts";
import { EMAIL_PATH } from "./email-path.ts";

export function EmailCard(props: {
  confirmed: string | null;
  typed: FormInput;
  errors: FieldErrors;
}): JSX.Element {
  const { confirmed, typed, errors } = props;
  return (
    <Card
      id="email"
      title="E-mail address"
      lead="If you forget your password, a link to a new one goes there. An address counts once you open the link that is sent to it."
      actions={
        confirmed === null ? (
          ""
        ) : (
          <ActionButton
            action={`${EMAIL_PATH}/remove`}
            label="Remove address"
            confirm={`Remove ${confirmed}? Then no link to a new password can be sent to you.`}
          />
        )
      }
    >
      <form class="form" method="post" action={EMAIL_PATH}>
        <p safe>{confirmed === null ? "None yet." : `Yours is ${confirmed}.`}</p>
        <TextField
          name="email"
          label={confirmed === null ? "Address" : "New address"}
          type="email"
          value={typed.email}
          error={errors.email}
          autocomplete="email"
          maxlength={254}
          required
        />
        <div class="form-actions">
          <Button label="Send confirmation link" />
        </div>
      </form>
    </Card>
  );
}
