/** Sends a test e-mail, so that an administrator sees whether notices can be mailed. */
import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { TextField } from "../components/field-row.tsx";

export type MailCardProps = Readonly<{
  /** Whether a mail server is configured. */
  isPossible: boolean;
  /** The typed address, if the form comes back with an error. */
  typed?: string;
  error?: string;
}>;

export function MailCard({ isPossible, typed, error }: MailCardProps): JSX.Element {
  return (
    <Card title="E-mail" lead="Sends a test e-mail through the mail server in SMTP_URL.">
      {isPossible ? (
        <form class="form" method="post" action="/admin/server/mail">
          <TextField
            name="email"
            label="Your e-mail address"
            type="email"
            autocomplete="email"
            value={typed}
            error={error}
            required
          />
          <div class="form-actions">
            <Button label="Send test e-mail" />
          </div>
        </form>
      ) : (
        <p class="muted">SMTP_URL is not set, so this server sends no e-mail.</p>
      )}
    </Card>
  );
}
