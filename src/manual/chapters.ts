/** The manual's chapters in reading order: Markdown inside the executable, for pages and for the terminal. */
import api from "./api.md" with { type: "text" };
import auditLog from "./audit-log.md" with { type: "text" };
import availability from "./availability.md" with { type: "text" };
import backup from "./backup.md" with { type: "text" };
import bodies from "./bodies.md" with { type: "text" };
import cli from "./cli.md" with { type: "text" };
import cluster from "./cluster.md" with { type: "text" };
import clusterKubernetes from "./cluster-kubernetes.md" with { type: "text" };
import configAsCode from "./config-as-code.md" with { type: "text" };
import configuration from "./configuration.md" with { type: "text" };
import dashboard from "./dashboard.md" with { type: "text" };
import deployment from "./deployment.md" with { type: "text" };
import development from "./development.md" with { type: "text" };
import duplicates from "./duplicates.md" with { type: "text" };
import entrypoints from "./entrypoints.md" with { type: "text" };
import eventLog from "./event-log.md" with { type: "text" };
import exportImport from "./export-import.md" with { type: "text" };
import filters from "./filters.md" with { type: "text" };
import flow from "./flow.md" with { type: "text" };
import guarantees from "./guarantees.md" with { type: "text" };
import ledger from "./ledger.md" with { type: "text" };
import limits from "./limits.md" with { type: "text" };
import monitoring from "./monitoring.md" with { type: "text" };
import notices from "./notices.md" with { type: "text" };
import portal from "./portal.md" with { type: "text" };
import publishing from "./publishing.md" with { type: "text" };
import pull from "./pull.md" with { type: "text" };
import recovery from "./recovery.md" with { type: "text" };
import rejected from "./rejected.md" with { type: "text" };
import replays from "./replays.md" with { type: "text" };
import retention from "./retention.md" with { type: "text" };
import retries from "./retries.md" with { type: "text" };
import secretKey from "./secret-key.md" with { type: "text" };
import sending from "./sending.md" with { type: "text" };
import sharing from "./sharing.md" with { type: "text" };
import signIn from "./sign-in.md" with { type: "text" };
import signing from "./signing.md" with { type: "text" };
import sql from "./sql.md" with { type: "text" };
import targets from "./targets.md" with { type: "text" };
import traces from "./traces.md" with { type: "text" };
import transformations from "./transformations.md" with { type: "text" };
import verification from "./verification.md" with { type: "text" };
import webhooks from "./webhooks.md" with { type: "text" };

const parts = [
  {
    title: "Start",
    chapters: [
      { slug: "guarantees", text: guarantees, summary: "The promise of a 2xx, and how it is kept" },
      {
        slug: "webhooks",
        text: webhooks,
        summary: "Entrypoints and targets that belong together, and their settings",
      },
      { slug: "dashboard", text: dashboard, summary: "The pages, and what each one does" },
      { slug: "sharing", text: sharing, summary: "Who may do what: roles, members, teams, invitations" },
    ],
  },
  {
    title: "Receive",
    chapters: [
      {
        slug: "entrypoints",
        text: entrypoints,
        summary: "URLs for senders: what they accept, how they respond",
      },
      { slug: "verification", text: verification, summary: "Only the right sender's requests are stored" },
      {
        slug: "rejected",
        text: rejected,
        summary: "Requests that failed verification, kept for a second look",
      },
      { slug: "duplicates", text: duplicates, summary: "Copies of an event, stored and delivered once" },
      { slug: "bodies", text: bodies, summary: "How paths find values in JSON and forms" },
      {
        slug: "publishing",
        text: publishing,
        summary: "Events of your own product, for webhooks of your customers",
      },
      { slug: "portal", text: portal, summary: "Pages on which a customer manages the targets of a webhook" },
      { slug: "limits", text: limits, summary: "How large and how slow a request may be" },
    ],
  },
  {
    title: "Deliver",
    chapters: [
      { slug: "targets", text: targets, summary: "Where events go: addresses, headers, TLS, redirects" },
      { slug: "filters", text: filters, summary: "Which events a target gets: event types and conditions" },
      {
        slug: "transformations",
        text: transformations,
        summary: "Code that changes a request before it is sent",
      },
      { slug: "retries", text: retries, summary: "When a failed delivery is attempted again, and given up" },
      { slug: "flow", text: flow, summary: "Rate limit, order, circuit breaker, pause" },
      { slug: "signing", text: signing, summary: "Signatures that receivers verify" },
      { slug: "pull", text: pull, summary: "Deliveries that a program fetches, on a laptop for one" },
      { slug: "replays", text: replays, summary: "Stored events delivered again, one or many" },
    ],
  },
  {
    title: "Observe",
    chapters: [
      { slug: "event-log", text: eventLog, summary: "Find events, and search their bodies" },
      { slug: "sql", text: sql, summary: "Questions about events, asked in SQL" },
      { slug: "sending", text: sending, summary: "Send events yourself, and edited copies of stored ones" },
      { slug: "notices", text: notices, summary: "Messages when a problem starts and ends" },
      { slug: "monitoring", text: monitoring, summary: "Metrics, health checks and the log" },
      { slug: "audit-log", text: auditLog, summary: "Who changed what, and how a gap shows" },
      { slug: "traces", text: traces, summary: "OpenTelemetry spans of requests and attempts" },
      { slug: "ledger", text: ledger, summary: "Counts that prove that no delivery is missing" },
    ],
  },
  {
    title: "Operate",
    chapters: [
      { slug: "deployment", text: deployment, summary: "Executable, container, reverse proxy" },
      {
        slug: "availability",
        text: availability,
        summary: "Failures of a process, machine or disk, and their cost",
      },
      { slug: "cluster", text: cluster, summary: "A cluster of gateways, and what most need instead" },
      {
        slug: "cluster-kubernetes",
        text: clusterKubernetes,
        summary: "Manifests of a cluster: NATS servers, gateways, volumes, budgets",
      },
      { slug: "configuration", text: configuration, summary: "Environment variables and their defaults" },
      {
        slug: "sign-in",
        text: signIn,
        summary: "Passwords and lost ones, second factor, passkeys, and how sessions end",
      },
      { slug: "retention", text: retention, summary: "How long events are kept, by age and size" },
      { slug: "backup", text: backup, summary: "Back up and restore, and continuous copies" },
      { slug: "recovery", text: recovery, summary: "Steps when data is damaged or missing" },
      { slug: "secret-key", text: secretKey, summary: "The key that seals secrets, and how to rotate it" },
      { slug: "export-import", text: exportImport, summary: "Move a webhook to another gateway as one file" },
    ],
  },
  {
    title: "Automate",
    chapters: [
      { slug: "cli", text: cli, summary: "Every command of the executable" },
      { slug: "config-as-code", text: configAsCode, summary: "Webhooks as a file: plan, apply, export" },
      { slug: "api", text: api, summary: "Everything that the dashboard does, for programs" },
      { slug: "development", text: development, summary: "Build, test, measure, and the dependencies" },
    ],
  },
] as const;

/** Also the chapter's file name and the last part of its URL. */
export type ChapterSlug = (typeof parts)[number]["chapters"][number]["slug"];

export type Chapter = Readonly<{
  slug: ChapterSlug;
  /** First heading of the text. */
  title: string;
  /** One line about the chapter's subject. */
  summary: string;
  /** Markdown without HTML; its links work on GitHub. */
  text: string;
}>;

export type Part = Readonly<{ title: string; chapters: readonly Chapter[] }>;

export const manualParts: readonly Part[] = parts.map(({ title, chapters }) => ({
  title,
  chapters: chapters.map((chapter) => ({ ...chapter, title: titleOf(chapter.text) })),
}));

export const manualChapters: readonly Chapter[] = manualParts.flatMap(({ chapters }) => chapters);

export function findChapter(slug: string): Chapter | null {
  return manualChapters.find((chapter) => chapter.slug === slug) ?? null;
}

function titleOf(text: string): string {
  return /^# (.+)$/m.exec(text)?.[1] ?? "";
}
