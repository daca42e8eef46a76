/** A target's transformation as a field of its form, and back. */
import { type FormField, inSection } from "../../../settings/form-field.ts";
import type { Target } from "../../../webhooks/targets.ts";
import type { FormInput } from "../../forms.ts";

export const CODE = "transformation.code";

/** Named like the path of its faults. */
export const transformationFields: readonly FormField[] = inSection("Transformation", [
  {
    name: CODE,
    label: "Code",
    kind: "code",
    placeholder: 'addHandler("transform", (request, context) => {\n  return request;\n});',
    help: "JavaScript or TypeScript that changes each request before it is sent, or returns null to drop the delivery. Each change becomes a new version. Empty: requests go out as they came.",
  },
]);

export function transformationValues(target: Target | undefined): Record<string, unknown> {
  return { [CODE]: target?.transformation?.code };
}

/** `transformation` as the API takes it; undefined where the form has no such field. */
export function readTransformation(form: FormInput): Readonly<{ code: string }> | null | undefined {
  const typed = form[CODE];
  if (typed === undefined) return undefined;
  // Browsers send two characters for each end of a line, which would make every save a new version.
  const code = typed.replaceAll("\r\n", "\n");
  return code.trim() === "" ? null : { code };
}
