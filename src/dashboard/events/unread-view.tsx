/** Explains why an event has no type, key or lane although the settings look for one in the body. */
import { Html } from "@elysiajs/html";
import type { UnreadValue, ValueSetting } from "../../webhooks/unread-values.ts";
import { Notice } from "../components/flash-line.tsx";

const WORDS: Readonly<Record<ValueSetting, string>> = {
  event_type_from: "No event type was found",
  deduplicate_value: "No deduplication key was found",
  order_by: "No order key was found",
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
