/** What is wrong with a form as a whole, where no field of it can say so. */
import { Html } from "@elysiajs/html";
import { Notice } from "../components/flash-line.tsx";
import type { FieldErrors } from "../forms.ts";

/** `shown`: the fields that show their own faults, those of their parts too. */
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
