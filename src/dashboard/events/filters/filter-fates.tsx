/** Targets whose filter kept an event from them, or could not judge it, among the event's deliveries. */
import { Html } from "@elysiajs/html";
import type { FilterFate } from "../../../webhooks/filter-fates.ts";
import { Badge } from "../../components/badge.tsx";
import { ActionButton } from "../../components/button.tsx";
import { attribute } from "../../render.ts";
import { NameOf } from "../event-row.tsx";
import type { Named } from "../names.ts";
import { replayPath } from "../paths.ts";

export type FilterFateProps = FilterFate &
  Readonly<{
    target: Named;
    /** It was delivered, or is to be, all the same. */
    hasDelivery: boolean;
  }>;

type Props = Readonly<{
  webhookId: string;
  eventId: string;
  fates: readonly FilterFateProps[];
  /** The filter of the log that led here. */
  query: string;
}>;

export function FilterFates({ webhookId, eventId, fates, query }: Props): JSX.Element {
  return (
    <>
      {fates.map((each) => (
        <section class="delivery" aria-label={attribute(`Filter of ${each.target.name}`)}>
          <div class="delivery-head">
            <h3>
              <NameOf named={each.target} />
            </h3>
            <Badge tone="idle" label={each.fate === "filtered" ? "filtered" : "not judged"} />
            {each.target.isDeleted ? <Badge tone="idle" label="target deleted" /> : ""}
            <span class="delivery-actions">
              {each.fate === "unjudged" || each.hasDelivery || each.target.isDeleted ? (
                ""
              ) : (
                <ActionButton
                  action={replayPath(webhookId, eventId, query)}
                  fields={{ target_id: each.targetId }}
                  label="Send anyway"
                  icon="replay"
                  size="small"
                  describe={`Send anyway to ${each.target.name}`}
                />
              )}
            </span>
          </div>
          <p class="try-line" safe>
            {sentenceOf(each)}
          </p>
        </section>
      ))}
    </>
  );
}

function sentenceOf({ fate, reason, isChanged, target: { name, isDeleted } }: FilterFateProps): string {
  const outcome =
    fate === "filtered" ? `Filtered by ${name}` : `Delivered, as the filter of ${name} could not judge it`;
  if (isDeleted) return `${outcome}.`;
  if (!isChanged) return reason === null ? `${outcome}.` : `${outcome}: ${reason}`;
  const now =
    reason !== null
      ? `By the present one: ${reason}`
      : fate === "filtered"
        ? "The present one lets it through."
        : "The present one can judge it.";
  return `${outcome}. The filter has changed since. ${now}`;
}
