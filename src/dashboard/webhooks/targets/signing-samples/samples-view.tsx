/** Shows how a receiver verifies a target's signature. */
import { Html } from "@elysiajs/html";
import type { SigningScheme } from "../../../../targets/signing-keys.ts";
import { CodeBlock } from "../../../components/values.tsx";
import { signingSamples } from "./samples.ts";

export function SigningSamples(props: { scheme: SigningScheme; publicKey: string | null }): JSX.Element {
  const { scheme, publicKey } = props;
  return (
    <>
      <h2>Verify in the receiver</h2>
      <p class="muted">
        Compare the raw body, before anything parses it, and refuse what is older than five minutes. The{" "}
        <code>webhook-id</code> is the same at every attempt: ignore an id that you have handled.{" "}
        {scheme === "v1" ? (
          <>
            The code reads the secret from <code>WEBHOOK_SECRET</code>.
          </>
        ) : (
          "The code contains the public key of this target."
        )}
      </p>
      {signingSamples(scheme, publicKey).map(({ language, text }) => (
        <details class="more">
          <summary>{language}</summary>
          <CodeBlock text={text} />
        </details>
      ))}
    </>
  );
}
