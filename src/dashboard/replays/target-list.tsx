/** Progress of a replay's targets: what each waits for, and a button to continue without it. */
import { Html } from "@elysiajs/html";
import type { SeenReplay, SeenTarget } from "../../replays/replay-runs.ts";
import { ActionButton } from "../components/button.tsx";
import type { Names } from "../events/names.ts";
import { removeTargetPath } from "./paths.ts";
import { describeWait } from "./words.ts";

/** `path` is the replay's. Renders nothing if the replay's own line is sufficient. */
export function TargetList(props: { run: SeenReplay; names: Names; path: string }): JSX.Element {
  const { run, names, path } = props;
  const hasEnded = run.state === "done" || run.state === "cancelled";
  const shown = hasEnded ? run.targets.filter(({ state }) => state === "removed") : run.targets;
  if (shown.length === 0) return "";
  const mayRemove = !hasEnded && run.targetId === null && run.targets.length > 1;
  return (
    <ul class="replay-targets">
      {shown.map((target) => (
        <Line
          target={target}
          name={names.target(target.targetId).name}
          removePath={
            mayRemove && target.state === "running" ? removeTargetPath(path, target.targetId) : null
          }
        />
      ))}
    </ul>
  );
}

function Line(props: { target: SeenTarget; name: string; removePath: string | null }): JSX.Element {
  const { target, name, removePath } = props;
  const { matched, replayed } = target;
  const count = (n: number) => n.toLocaleString("en");
  const amount = matched === null ? count(replayed) : `${count(replayed)} of ${count(matched)}`;
  return (
    <li>
      <div class="replay-target">
        <bdi class="break" safe>
          {name}
        </bdi>
        <span class="nowrap muted" safe>
          {amount}
        </span>
        <span class="muted text-s" safe>
          {describeWait(target)}
        </span>
      </div>
      {removePath !== null && (
        <ActionButton
          size="small"
          kind="quiet"
          label="Continue without it"
          describe={`Continue without ${name}`}
          action={removePath}
          confirm={`This replay sends nothing more to ${name}. Deliveries that are queued already are still sent.`}
        />
      )}
    </li>
  );
}
