/** The page of problems: what goes wrong now or went wrong, with the way to what shows it and what repairs it. */
import { Html } from "@elysiajs/html";
import { describeBegin } from "../../notices/notice-message.ts";
import type { SeenProblem } from "../../webhooks/notices/problems.ts";
import { Badge } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { EmptyState, PageHeader, Pagination } from "../components/card.tsx";
import { TextField } from "../components/field-row.tsx";
import { formatCount, formatDuration } from "../components/format.ts";
import { Time } from "../components/values.tsx";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { webhookPath } from "../webhooks/paths.ts";
import { acknowledgePath, evidencePath, type ProblemView, problemsPath, repairPath } from "./paths.ts";

const VIEWS: Readonly<Record<ProblemView, string>> = { open: "Open", over: "Past" };

export function ProblemsPage(props: {
  viewer: Viewer;
  flash: Flash | null;
  view: ProblemView;
  problems: readonly SeenProblem[];
  nextCursor: string | null;
  isFirstPage: boolean;
}): JSX.Element {
  const { viewer, flash, view, problems, nextCursor, isFirstPage } = props;
  return (
    <Layout title="Problems" viewer={viewer} section="problems" flash={flash}>
      <PageHeader title="Problems" manual="notices">
        <nav class="ranges" aria-label="State of the problems">
          {(["open", "over"] as const).map((each) => (
            <a class="range" href={problemsPath(each)} aria-current={each === view ? "page" : undefined} safe>
              {VIEWS[each]}
            </a>
          ))}
        </nav>
      </PageHeader>
      {problems.length === 0 ? (
        <EmptyState
          icon="check"
          title={view === "open" ? "No open problems" : "No past problems"}
          text={
            view === "open"
              ? "A target that fails or an entrypoint that refuses or misses events is shown here, whether or not you get notices."
              : "Problems that are over stay here for 90 days."
          }
        />
      ) : (
        <ul class="problems card card-flush">
          {problems.map((problem) => (
            <Row problem={problem} />
          ))}
        </ul>
      )}
      <Pagination
        olderHref={nextCursor === null ? null : problemsPath(view, nextCursor)}
        newestHref={isFirstPage ? null : problemsPath(view)}
      />
    </Layout>
  );
}

function Row({ problem }: { problem: SeenProblem }): JSX.Element {
  const { webhook, detail, overAt, acknowledgement, since, mayRepair } = problem;
  const isOpen = overAt === null;
  const repair = mayRepair ? repairPath(problem) : null;
  return (
    <li class="problem" id={problem.id}>
      <div class="problem-head">
        <h2>
          <span safe>{describeBegin({ kind: problem.kind, name: problem.subjectName })}</span>
        </h2>
        {isOpen ? (
          <Badge
            tone={acknowledgement === null ? "bad" : "warn"}
            label={acknowledgement === null ? "open" : "acknowledged"}
          />
        ) : (
          <Badge tone="idle" label="over" />
        )}
      </div>
      <p class="muted">
        <a href={attribute(webhookPath(webhook.id))} safe>
          {webhook.name}
        </a>
        {" · since "}
        <Time at={since} />
        {overAt !== null && <span safe>{` · lasted ${formatDuration(Math.max(0, overAt - since))}`}</span>}
      </p>
      {detail !== "" && <p safe>{detail}</p>}
      {problem.target !== null && <TargetLine target={problem.target} />}
      {acknowledgement !== null && (
        <p class="problem-note">
          <span safe>{`Acknowledged by ${acknowledgement.by} `}</span>
          <Time at={acknowledgement.at} relative />
          {acknowledgement.note !== "" && <span safe>{`: ${acknowledgement.note}`}</span>}
        </p>
      )}
      <div class="page-actions">
        <Button
          size="small"
          icon="inbox"
          label="View"
          describe={`View what happens at ${problem.subjectName}`}
          href={evidencePath(problem)}
        />
        {repair !== null && (
          <Button
            size="small"
            icon="replay"
            label="Replay once fixed…"
            describe={`Replay once fixed… what failed of ${problem.subjectName}`}
            href={repair}
          />
        )}
      </div>
      {isOpen && mayRepair && <Acknowledge problem={problem} />}
    </li>
  );
}

function TargetLine({ target }: { target: NonNullable<SeenProblem["target"]> }): JSX.Element {
  const { waiting, failed, lastResult } = target;
  return (
    <p class="problem-facts">
      <span
        safe
      >{`${formatCount(waiting, "delivery waits", "deliveries wait")}, ${failed.toLocaleString("en")} failed`}</span>
      {lastResult !== null && (
        <>
          {" · last attempt "}
          <Time at={lastResult.at} relative />
          {": "}
          <span class={lastResult.delivered ? undefined : "text-bad"} safe>
            {answerOf(lastResult)}
          </span>
        </>
      )}
    </p>
  );
}

function answerOf({
  statusCode,
  error,
  delivered,
}: {
  statusCode: number | null;
  error: string | null;
  delivered: boolean;
}): string {
  if (statusCode !== null) return String(statusCode);
  return error ?? (delivered ? "delivered" : "no answer");
}

function Acknowledge({ problem }: { problem: SeenProblem }): JSX.Element {
  const isAgain = problem.acknowledgement !== null;
  return (
    <details class="problem-acknowledge">
      <summary>{isAgain ? "Change the note" : "Acknowledge"}</summary>
      <form method="post" action={attribute(acknowledgePath(problem))}>
        <TextField
          name="note"
          idPrefix={`${problem.id}-`}
          label="Note"
          help="Say what is known, or being done."
          optional
          value={problem.acknowledgement?.note ?? ""}
          maxlength={500}
        />
        <Button
          size="small"
          kind="primary"
          label="Acknowledge problem"
          describe={`Acknowledge problem of ${problem.subjectName}`}
        />
      </form>
    </details>
  );
}
