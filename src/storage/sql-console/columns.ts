/** The views that SQL can read, with their columns: for the child that makes them, and for people. */

export type SqlColumn = Readonly<{ name: string; meaning: string }>;

export type SqlView = Readonly<{ name: string; meaning: string; columns: readonly SqlColumn[] }>;

/** Bodies above this are NULL: reading one would take a good part of the memory that a query has. */
export const MOST_BODY_BYTES = 8 * 2 ** 20;

const view = (name: string, meaning: string, columns: Readonly<Record<string, string>>): SqlView => ({
  name,
  meaning,
  columns: Object.entries(columns).map(([column, text]) => ({ name: column, meaning: text })),
});

export const SQL_VIEWS: readonly SqlView[] = [
  view("events", "Requests as they came; the newest ones, or all", {
    id: "Sorts by time of receipt",
    type: "NULL where the sender names none",
    received_at: "Milliseconds UTC",
    method: "Such as POST",
    path: "Appended to the entrypoint's URL",
    query: "Without the question mark",
    headers: "JSON list of [name, value]; header(headers, 'name') reads one",
    content_type: "As the sender says",
    remote_address: "The sender's address",
    entrypoint_id: "The entrypoint that received it",
    body_size: "Bytes",
    body: "The bytes as they came; NULL above 8 MiB",
    json: "The body as text if it is valid JSON; otherwise NULL",
  }),
  view("deliveries", "One for each of these events and target", {
    event_id: "The event",
    target_id: "The target",
    delivery_id: "Its own id",
    status: "pending, delivered, failed, held or discarded",
    attempts: "Attempts made",
    replays: "How often it was replayed",
    next_attempt_at: "Milliseconds UTC, while it is pending",
    reason: "Why it failed or was discarded",
    created_at: "Milliseconds UTC",
    updated_at: "Milliseconds UTC",
  }),
  view("results", "One for each attempt of these deliveries", {
    event_id: "The event",
    target_id: "The target",
    attempt: "1 for the first",
    result_id: "Its own id",
    started_at: "Milliseconds UTC",
    duration_ms: "Milliseconds",
    status_code: "NULL without a response",
    error: "The fault of the attempt",
    response_headers: "JSON list of [name, value]",
    response_body: "At most 64 KiB",
    response_body_truncated: "1 where the response was longer",
    transformation_version: "NULL without a transformation",
    transformation_failed: "1 where the transformation failed",
  }),
  view("targets", "The webhook's targets", { id: "As in deliveries and results", name: "Its name" }),
  view("entrypoints", "The webhook's entrypoints", { id: "As in events", name: "Its name" }),
];
