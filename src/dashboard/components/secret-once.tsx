/** Shows a secret once, right after it was created. */
import { Html } from "@elysiajs/html";
import { attribute } from "../render.ts";
import { CopyLine } from "./values.tsx";

export function SecretOnce({ title, secret }: { title: string; secret: string }): JSX.Element {
  return (
    <section class="once" aria-label={attribute(title)}>
      <div>
        <h2 safe>{title}</h2>
        <p class="text-s">Copy it now: it is not shown again.</p>
      </div>
      <CopyLine text={secret} />
    </section>
  );
}
