/** Finds the names of entrypoints and targets that events refer to, deleted ones included. */
import { PUBLISHED } from "../../settings/published-events.ts";
import type { Entrypoint } from "../../webhooks/entrypoints.ts";
import type { Target } from "../../webhooks/targets.ts";
import type { EventsDeps } from "./deps.ts";

export type Named = Readonly<{ name: string; isDeleted: boolean }>;

export type Names = Readonly<{
  entrypoints: readonly Entrypoint[];
  targets: readonly Target[];
  entrypoint: (id: string) => Named;
  target: (id: string) => Named;
}>;

export async function readNames(
  { useCases, routing }: Pick<EventsDeps, "useCases" | "routing">,
  of: { userId: string; webhookId: string },
): Promise<Names> {
  const [entrypoints, targets] = await Promise.all([
    useCases.entrypoints.list(of),
    useCases.targets.list(of),
  ]);
  const present = new Map([...entrypoints, ...targets].map(({ id, name }) => [id, name]));

  function named(id: string, deletedName: string): Named {
    const name = present.get(id);
    return name === undefined ? { name: deletedName, isDeleted: true } : { name, isDeleted: false };
  }

  return {
    entrypoints,
    targets,
    entrypoint: (id) =>
      id === PUBLISHED ? { name: "Published", isDeleted: false } : named(id, "deleted entrypoint"),
    target(id) {
      const deleted = routing.findTarget(id);
      return named(id, deleted?.webhookId === of.webhookId ? deleted.name : "deleted target");
    },
  };
}
