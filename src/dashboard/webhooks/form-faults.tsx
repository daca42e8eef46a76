/** Shows the errors of a form that belong to none of its fields. */
import { Html } from "@elysiajs/html";
import { Notice } from "../components/flash-line.tsx";
import type { FieldErrors } from "../forms.ts";

/** `shown` names the fields that show their own errors, including those of their parts. */
export function FormFaults({
  errors,
  shown,
}: {
  errors: FieldErrors;
  shown: readonly string[];
}): JSX.Element {
  const others = Object.entries(errors).filter(
    ([path]) => !shown.some((name) => path === name || path.startsWith(`${name}.`)),
  );
  return (
    <>
      {others.map(([path, message]) => (
        <Notice tone="bad" text={path === "" ? message : `${path}: ${message}`} />
      ))}
    </>
  );
}
