/** Shows a secret once, right after it was created. */
import { Html } from "@elysiajs/html";
import { attribute } from "../render.ts";
import { CopyLine } from "./values.tsx";

export function SecretOnce(props: { title: string; secret: string; hint?: string }): JSX.Element {
  const { title, secret, hint } = props;
  return (
    <section class="once" aria-label={attribute(title)}>
      <div>
        <h2 safe>{title}</h2>
        <p
          class="text-s"
          safe
        >{`Copy it now: it is not shown again.${hint === undefined ? "" : ` ${hint}`}`}</p>
      </div>
      <CopyLine text={secret} />
    </section>
  );
}
