/** Edit and delete links at the end of an entrypoint's or target's row. */
import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";

export function EditAndDelete(props: {
  /** Name of the edited thing, such as "target Warehouse". */
  what: string;
  path: string;
  /** False if there is no form. */
  canEdit?: boolean;
}): JSX.Element {
  const { what, path, canEdit = true } = props;
  return (
    <>
      {canEdit && <Part icon="edit" label="Edit" what={what} href={`${path}/edit`} />}
      <Part icon="trash" label="Delete" what={what} href={`${path}/delete`} />
    </>
  );
}

function Part(props: { icon: "edit" | "trash"; label: string; what: string; href: string }): JSX.Element {
  const { icon, label, what, href } = props;
  return (
    <Button
      kind="quiet"
      size="small"
      icon={icon}
      iconOnly
      label={label}
      describe={`${label} ${what}`}
      href={href}
    />
  );
}
