/** Notes on an incomplete search: bodies that could not be searched, and events that it did not reach. */
import { Html } from "@elysiajs/html";
import type { FoundEvents } from "../../storage/event-db/event-search.ts";
import { Button } from "../components/button.tsx";
import { Notice } from "../components/flash-line.tsx";
import { formatCount } from "../components/format.ts";
import { Time } from "../components/values.tsx";

type NotesProps = Readonly<{ found: FoundEvents; olderHref: string }>;

export function SearchNotes(props: NotesProps): JSX.Element {
  const { notSearched, stoppedEarly } = props.found;
  return (
    <>
      {notSearched > 0 && <NotSearched count={notSearched} />}
      {stoppedEarly && <StoppedEarly {...props} />}
    </>
  );
}

function NotSearched({ count }: { count: number }): JSX.Element {
  return (
    <div class="log-notes">
      <Notice
        tone="warn"
        text={`${formatCount(count, "event")} could not be searched for the text.`}
        hint="A body whose compression or encoding is not supported, or that is too large to decode, is searched only as it was sent."
      />
    </div>
  );
}

function StoppedEarly({ found, olderHref }: NotesProps): JSX.Element {
  const { searchedBackTo } = found;
  return (
    <p class="notice notice-info stopped-early">
      <span>
        Search paused
        {searchedBackTo !== null && (
          <span>
            {" at "}
            <Time at={searchedBackTo} />
          </span>
        )}{" "}
        to keep the server responsive.
      </span>
      <Button label="Continue" href={olderHref} />
    </p>
  );
}
