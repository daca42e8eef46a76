/** Where in a request a value stands, as one text that people write: a header's name, or "$." and a path in the JSON body. */

export const JSON_MARK = "$.";

/** The forms' and schemas' rule for such a text. */
export const PLACE = /^(?:\$\.[^\s]+|[!#$%&'*+\-^_`|~0-9a-z]+)$/i;
