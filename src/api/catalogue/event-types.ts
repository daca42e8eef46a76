/** /event-types: the catalogue of event types that are published to the user's webhooks. */
import { z } from "zod";
import type { CatalogueSettings } from "../../storage/main-db/catalogue/event-types.ts";
import {
  catalogueInput,
  type EventType,
  eventTypeChange,
  eventTypeInput,
  eventTypeShape,
} from "../../webhooks/catalogue/event-type-json.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { time as presentTime } from "../presenters.ts";
import { id, managedBy, time } from "../schema-parts.ts";
import { listOf } from "../schemas.ts";

const tag = "Event types";
const path = "/event-types/:event_type_id";
const settingsPath = "/event-type-settings";
const inPath = z.object({ event_type_id: z.string().meta({ format: "uuid" }) });

const eventTypeSchema = z
  .strictObject({ id, ...eventTypeShape, managed_by: managedBy, created_at: time, updated_at: time })
  .meta({ id: "EventType", description: "An event type in the user's catalogue." });

const settingsSchema = catalogueInput
  .extend({ managed_by: managedBy })
  .meta({ id: "StoredEventTypeSettings" });

export function eventTypeOperations({ useCases: { eventTypes } }: ApiDeps): readonly Operation[] {
  return [
    operation({
      id: "listEventTypes",
      method: "GET",
      path: "/event-types",
      tag,
      scope: "webhooks:read",
      summary: "List the event types in your catalogue, by name",
      success: { status: 200, description: "All of them.", schema: listOf(eventTypeSchema) },
      async handle({ caller: { userId } }) {
        return { data: (await eventTypes.list({ userId })).map(present), next_cursor: null };
      },
    }),
    operation({
      id: "createEventType",
      method: "POST",
      path: "/event-types",
      tag,
      scope: "webhooks:write",
      summary: "Add an event type to your catalogue",
      body: eventTypeInput,
      success: { status: 201, description: "The new event type.", schema: eventTypeSchema },
      location: ({ id }) => `/event-types/${id}`,
      errors: ["conflict"],
      async handle({ caller: { userId }, body: input }) {
        return present(await eventTypes.create({ userId, input }));
      },
    }),
    operation({
      id: "getEventType",
      method: "GET",
      path,
      tag,
      scope: "webhooks:read",
      summary: "Read an event type",
      params: inPath,
      success: { status: 200, description: "The event type.", schema: eventTypeSchema },
      async handle({ caller: { userId }, params }) {
        return present(await eventTypes.get({ userId, id: params.event_type_id }));
      },
    }),
    operation({
      id: "changeEventType",
      method: "PATCH",
      path,
      tag,
      scope: "webhooks:write",
      summary: "Change an event type",
      description: "Fields that are left out stay unchanged. Stored events are not checked again.",
      params: inPath,
      body: eventTypeChange,
      success: { status: 200, description: "The updated event type.", schema: eventTypeSchema },
      errors: ["conflict"],
      async handle({ caller: { userId }, params, body: input }) {
        return present(await eventTypes.update({ userId, id: params.event_type_id, input }));
      },
    }),
    operation({
      id: "deleteEventType",
      method: "DELETE",
      path,
      tag,
      scope: "webhooks:write",
      summary: "Delete an event type",
      params: inPath,
      success: { status: 204, description: "Deleted." },
      async handle({ caller: { userId }, params }) {
        await eventTypes.remove({ userId, id: params.event_type_id });
      },
    }),
    operation({
      id: "getEventTypeSettings",
      method: "GET",
      path: settingsPath,
      tag,
      scope: "webhooks:read",
      summary: "Read what your catalogue refuses",
      success: { status: 200, description: "The settings.", schema: settingsSchema },
      async handle({ caller: { userId } }) {
        return presentSettings(await eventTypes.settingsOf(userId));
      },
    }),
    operation({
      id: "changeEventTypeSettings",
      method: "PATCH",
      path: settingsPath,
      tag,
      scope: "webhooks:write",
      summary: "Change what your catalogue refuses",
      body: catalogueInput,
      success: { status: 200, description: "The updated settings.", schema: settingsSchema },
      async handle({ caller: { userId }, body: input }) {
        return presentSettings(await eventTypes.setCheck({ userId, input }));
      },
    }),
    operation({
      id: "unmanageEventTypes",
      method: "POST",
      path: "/event-types/unmanage",
      tag,
      scope: "webhooks:write",
      summary: "End that a file manages your catalogue and its settings",
      description: "Nothing else changes. Applied again, a file that has them manages them again.",
      success: { status: 204, description: "No file manages them." },
      async handle({ caller: { userId } }) {
        await eventTypes.unmanage({ userId });
      },
    }),
  ];
}

function presentSettings({ check, managedBy }: CatalogueSettings): z.infer<typeof settingsSchema> {
  return { check, managed_by: managedBy };
}

function present(type: EventType): z.infer<typeof eventTypeSchema> {
  const { id, name, description, schema, example, managedBy, createdAt, updatedAt } = type;
  const times = { created_at: presentTime(createdAt), updated_at: presentTime(updatedAt) };
  return {
    id,
    name,
    description,
    schema: schema === null || typeof schema === "boolean" ? schema : { ...schema },
    example,
    managed_by: managedBy,
    ...times,
  };
}
