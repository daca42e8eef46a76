/** Links to the form of each target type. */
import { Html } from "@elysiajs/html";
import type { TargetType } from "../../../targets/target-type.ts";
import { attribute } from "../../render.ts";

/** `path`: of the form. */
export function TargetTypeChoice(props: {
  path: string;
  type: TargetType;
  types: readonly TargetType[];
}): JSX.Element {
  const { path, type, types } = props;
  return (
    <nav class="choice" aria-label="Target type">
      {types.map((each) => (
        <a
          class="choice-item"
          href={attribute(`${path}?type=${encodeURIComponent(each.type)}`)}
          aria-current={each.type === type.type ? "true" : undefined}
          safe
        >
          {each.label}
        </a>
      ))}
    </nav>
  );
}
