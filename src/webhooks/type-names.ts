/** The words for target types and for providers of verifications, as the API takes and shows them. */
import { z } from "zod";

/**
 * Marks a schema whose values are a registry's words: the OpenAPI document lists them, while the use cases check them
 * with a message that names what there is.
 */
export const WORDS_OF = "x-words-of";

const MAX_LENGTH = 50;

export const targetTypeName = z
  .string()
  .max(MAX_LENGTH)
  .meta({ description: "What the target does with an event.", [WORDS_OF]: "targets" });

export const providerName = z
  .string()
  .max(MAX_LENGTH)
  .meta({ description: "The provider that sends the requests.", [WORDS_OF]: "providers" });
