/** Use cases on a user's catalogue: the event types that are published to the user's webhooks. */
import type { Clock } from "../../lib/clock.ts";
import { AppError, type FieldFault, notFound } from "../../lib/errors.ts";
import type {
  CatalogueSettings,
  EventTypeRow,
  EventTypeSummary,
} from "../../storage/main-db/catalogue/event-types.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import { validate } from "../validate.ts";
import {
  catalogueInput,
  type EventType,
  eventTypeChange,
  eventTypeInput,
  exampleText,
  jsonOfType,
  MAX_TYPES,
  schemaText,
  toEventType,
} from "./event-type-json.ts";
import { judgeJson, MAX_EFFORT, TooMuchEffort } from "./json-schema/judge-json.ts";
import type { Schema } from "./json-schema/known-keywords.ts";

const what = "event type";

type Of = Readonly<{ userId: string; id: string }>;
type Given = Readonly<{ type: string; value: unknown; path: string }>;

export type EventTypes = ReturnType<typeof createEventTypes>;

export function createEventTypes(deps: {
  mainDb: Pick<MainDb, "eventTypes" | "together">;
  clock: Pick<Clock, "now">;
  newId: () => string;
}) {
  const { mainDb, clock, newId } = deps;
  const { eventTypes } = mainDb;

  function get({ userId, id }: Of): EventTypeRow {
    const row = eventTypes.find({ userId, id });
    if (row === null) throw notFound(what);
    return row;
  }

  function requireFree({ userId, name }: { userId: string; name: string }): void {
    if (eventTypes.findNamed({ userId, name }) !== null) throw nameTaken();
  }

  function judge({ type, value, path }: Given, schema: Schema, effort: { left: number }): FieldFault | null {
    const misfit = judgeJson(schema, value, effort);
    if (misfit === null) return null;
    const where = misfit.path === "" ? path : `${path}.${misfit.path}`;
    return { path: where, message: `${misfit.message}, by the schema of ${type}` };
  }

  const settingsOf = (userId: string) =>
    eventTypes.settingsOf(userId) ?? ({ check: "off", managedBy: null } as const);

  return {
    async list({ userId }: { userId: string }): Promise<readonly EventType[]> {
      return eventTypes.list(userId).map(toEventType);
    },
    /** Without schemas and examples, which take long to read. */
    async listSummaries({ userId }: { userId: string }): Promise<readonly EventTypeSummary[]> {
      return eventTypes.listSummaries(userId);
    },
    async get(of: Of): Promise<EventType> {
      return toEventType(get(of));
    },
    /** Throws AppError `invalid` or `conflict`. */
    async create({ userId, input }: { userId: string; input: unknown }): Promise<EventType> {
      const { name, description, schema, example } = validate({ schema: eventTypeInput, value: input, what });
      requireFree({ userId, name });
      if (eventTypes.listSummaries(userId).length >= MAX_TYPES) throw tooMany();
      const now = clock.now();
      const times = { createdAt: now, updatedAt: now };
      const json = jsonOfType({ schema, example });
      const row: EventTypeRow = {
        id: newId(),
        userId,
        name,
        description,
        ...json,
        managedBy: null,
        ...times,
      };
      eventTypes.inserting(row)();
      return toEventType(row);
    },
    async update({ input, ...of }: Of & { input: unknown }): Promise<EventType> {
      const row = get(of);
      const change = validate({ schema: eventTypeChange, value: input, what });
      const { name = row.name, description = row.description, schema, example } = change;
      if (name !== row.name) requireFree({ userId: of.userId, name });
      const changed = {
        ...row,
        name,
        description,
        schema: schema === undefined ? row.schema : schemaText(schema),
        example: example === undefined ? row.example : exampleText(example),
        updatedAt: clock.now(),
      };
      eventTypes.updating({ before: row, after: changed })();
      return toEventType(changed);
    },
    async remove(of: Of): Promise<void> {
      eventTypes.deleting(get(of))();
    },
    async settingsOf(userId: string): Promise<CatalogueSettings> {
      return settingsOf(userId);
    },
    async setCheck({ userId, input }: { userId: string; input: unknown }): Promise<CatalogueSettings> {
      const { check } = validate({ schema: catalogueInput, value: input, what: "catalogue" });
      const settings = { ...settingsOf(userId), check };
      eventTypes.setSettings({ userId, ...settings });
      return settings;
    },
    /** Ends that a file of configuration manages the catalogue and its settings. */
    async unmanage({ userId }: { userId: string }): Promise<void> {
      mainDb.together(() => {
        const settings = eventTypes.settingsOf(userId);
        if (settings?.managedBy) eventTypes.setSettings({ userId, ...settings, managedBy: null });
        for (const row of eventTypes.list(userId)) {
          if (row.managedBy === null) continue;
          eventTypes.updating({ before: row, after: { ...row, managedBy: null, updatedAt: clock.now() } })();
        }
      });
    },
    /**
     * Checks what is published to a webhook of this owner. `path` is the field that has an event's JSON. Throws AppError
     * `invalid` with the first ten faults.
     */
    requireFit({ ownerId, events }: { ownerId: string; events: readonly Given[] }): void {
      const check = eventTypes.checkOf(ownerId);
      if (check === "off") return;
      const known = new Map<string, EventType | null>();
      const effort = { left: MAX_EFFORT };
      const faults: FieldFault[] = [];
      for (const event of events) {
        const { type: name } = event;
        if (!known.has(name)) {
          const row = eventTypes.findNamed({ userId: ownerId, name });
          known.set(name, row && toEventType(row));
        }
        const type = known.get(name) ?? null;
        if (type === null) {
          const path = [...event.path.split(".").slice(0, -1), "type"].join(".");
          faults.push({ path, message: "is not in the catalogue of event types" });
          continue;
        }
        if (check === "types" || type.schema === null) continue;
        try {
          const fault = judge(event, type.schema, effort);
          if (fault !== null) faults.push(fault);
        } catch (error) {
          if (!(error instanceof TooMuchEffort)) throw error;
          faults.push({ path: event.path, message: "takes too long to check by its schema" });
          break;
        }
      }
      if (faults.length > 0) throw unfit(faults.slice(0, 10));
    },
  };
}

function unfit(details: readonly FieldFault[]): AppError {
  return new AppError({
    kind: "invalid",
    code: "not_in_catalogue",
    message: "The event does not fit the catalogue of event types.",
    hint: "Change the event or the catalogue, or let the catalogue check less.",
    details,
  });
}

function nameTaken(): AppError {
  return new AppError({
    kind: "conflict",
    code: "event_type_exists",
    message: "The catalogue has an event type with this name.",
    details: [{ path: "name", message: "is in the catalogue already" }],
  });
}

function tooMany(): AppError {
  return new AppError({
    kind: "conflict",
    code: "too_many_event_types",
    message: `A catalogue has at most ${MAX_TYPES} event types.`,
    hint: "Delete one first.",
  });
}
