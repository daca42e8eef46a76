/** A field for a time in a time zone. */
import { Html } from "@elysiajs/html";
import { TextField } from "../components/field-row.tsx";
import { formatLocalTime } from "./zoned-time.ts";

export function TimeField(props: {
  name: string;
  label: string;
  at: number | null;
  zone: string;
}): JSX.Element {
  const { name, label, at, zone } = props;
  return (
    <TextField
      name={name}
      label={`${label} (${zone})`}
      type="datetime-local"
      value={at === null ? "" : formatLocalTime(at, zone)}
    />
  );
}
