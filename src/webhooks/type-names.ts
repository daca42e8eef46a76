/** Schemas of target type and provider names in the API. */
import { z } from "zod";

/**
 * Marks a schema whose values are a registry's names. The OpenAPI document lists them; the use cases validate them with
 * a message that lists the known ones.
 */
export const WORDS_OF = "x-words-of";

const MAX_LENGTH = 50;

export const targetTypeName = z
  .string()
  .max(MAX_LENGTH)
  .meta({ description: "Says what the target does with an event.", [WORDS_OF]: "targets" });

export const providerName = z
  .string()
  .max(MAX_LENGTH)
  .meta({ description: "The provider that sends the requests.", [WORDS_OF]: "providers" });
