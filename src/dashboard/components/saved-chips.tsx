/** Texts that a user saved under a name, as chips that open and delete them. */
import { Html } from "@elysiajs/html";
import { attribute } from "../render.ts";
import { Icon } from "./icon.tsx";

export type SavedChip = Readonly<{
  name: string;
  /** Where it is opened. */
  href: string;
  isInUse: boolean;
  /** Where the form that deletes it goes, and its fields. */
  removePath: string;
  removeFields?: Readonly<Record<string, string>>;
}>;

/** `what`: one of them, such as "filter". */
export function SavedChips({ what, chips }: { what: string; chips: readonly SavedChip[] }): JSX.Element {
  return (
    <ul class="chips" aria-label={attribute(`Saved ${what}s`)}>
      <li class="muted text-s" aria-hidden="true">
        Saved
      </li>
      {chips.map((chip) => (
        <li>
          <Chip what={what} chip={chip} />
        </li>
      ))}
    </ul>
  );
}

function Chip({ what, chip }: { what: string; chip: SavedChip }): JSX.Element {
  const { name, href, isInUse, removePath, removeFields = {} } = chip;
  return (
    <span class={isInUse ? "chip chip-saved is-in-use" : "chip chip-saved"}>
      <a class="chip-link" href={attribute(href)} aria-current={isInUse ? "true" : undefined}>
        <bdi safe>{name}</bdi>
      </a>
      <form method="post" action={attribute(removePath)}>
        {Object.entries(removeFields).map(([field, value]) => (
          <input type="hidden" name={attribute(field)} value={attribute(value)} />
        ))}
        <button class="chip-remove" type="submit" aria-label={attribute(`Delete the saved ${what} ${name}`)}>
          <Icon name="cross" />
        </button>
      </form>
    </span>
  );
}
