/** Why an event has no type, no key or no lane although its settings look for one in the body. */
import { Html } from "@elysiajs/html";
import type { UnreadValue, ValueSetting } from "../../webhooks/unread-values.ts";
import { Notice } from "../components/flash-line.tsx";

const WORDS: Readonly<Record<ValueSetting, string>> = {
  event_type_from: "No event type was found",
  deduplicate_value: "No value to recognize duplicates by was found",
  order_by: "No value to keep the order by was found",
  verification: "The provider's event type and id were not found",
};

export function UnreadValues({ unread }: { unread: readonly UnreadValue[] }): JSX.Element {
  if (unread.length === 0) return "";
  return (
    <div class="notices">
      {unread.map(({ setting, place, reason }) => (
        <Notice
          tone="warn"
          text={`${WORDS[setting]}${place === null ? "" : ` at ${place}`}.`}
          hint={reason}
        />
      ))}
    </div>
  );
}
