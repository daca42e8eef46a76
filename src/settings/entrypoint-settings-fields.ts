/** Form fields of an entrypoint's settings, section by section. */
import { ENTRYPOINT_METHODS, RATE_UNITS } from "./entrypoint-settings.ts";
import { type FormField, inSection } from "./form-field.ts";

export const entrypointSettingsFields: readonly FormField[] = [
  ...inSection("Accepted requests", [
    {
      name: "methods",
      label: "Methods",
      kind: "list",
      placeholder: "POST",
      help: `One per line: ${ENTRYPOINT_METHODS.join(", ")}. Others get 405. HEAD and OPTIONS, which some senders use to check a URL, get 200 and store no event.`,
    },
    {
      name: "max_body_bytes",
      nullable: true,
      label: "Max body size (bytes)",
      kind: "number",
      placeholder: "server limit",
      help: "Larger bodies get 413. Leave empty for the server limit (MAX_BODY_BYTES), which is never exceeded.",
    },
    {
      name: "allowed_networks",
      label: "Allowed networks",
      kind: "list",
      placeholder: "192.0.2.0/24",
      help: "Addresses or networks, one per line; others get 403. Leave empty to allow any.",
    },
  ]),
  ...inSection("Rejected requests", [
    {
      name: "keep_rejected",
      label: "Keep requests that cannot be verified",
      kind: "checkbox",
      help: "Keeps the last 1,000, up to 16 MiB. Once you fix a wrong secret, you can re-check and deliver them.",
    },
  ]),
  ...inSection("Rate limit", [
    {
      name: "rate_limit",
      nullable: true,
      label: "Requests",
      kind: "number",
      placeholder: "no limit",
      help: "Further requests get 429 with Retry-After. Requests that cannot be verified have an equal limit of their own. Leave empty for no limit.",
    },
    {
      name: "rate_limit_per",
      label: "Per",
      kind: "select",
      options: RATE_UNITS.map((unit) => ({ value: unit, label: unit })),
    },
    {
      name: "rate_limit_burst",
      nullable: true,
      label: "Burst",
      kind: "number",
      placeholder: "same as above",
    },
  ]),
  ...inSection("Response", [
    {
      name: "response_status",
      label: "Status",
      kind: "number",
      placeholder: "200",
      help: "From 200 to 299, as it tells the sender that the event is on disk. 204 has no body.",
    },
    {
      name: "response_body",
      nullable: true,
      label: "Body",
      kind: "textarea",
      help: 'The text {id} is replaced by the event\'s id. Leave empty for {"id": "…"}.',
    },
    {
      name: "response_content_type",
      nullable: true,
      label: "Content type",
      kind: "text",
      placeholder: "text/plain",
      help: "A data type such as text/plain, application/json or text/xml. Leave empty for text/plain.",
    },
    {
      name: "response_headers",
      label: "Headers",
      kind: "headers",
      help: "Custom names such as X-Answer. X-Webhooker-Event-Id is always sent too.",
    },
  ]),
  ...inSection("Duplicates", [
    {
      name: "deduplicate_by",
      label: "Duplicate key",
      kind: "select",
      options: [
        { value: "off", label: "off" },
        { value: "provider", label: "the provider's event id" },
        { value: "value", label: "the value below" },
        { value: "body", label: "the whole body" },
      ],
      help: "A duplicate gets the first event's id in the response and is listed at that event, as long as it is kept. The provider is the one chosen for verification.",
    },
    {
      name: "deduplicate_value",
      when: { field: "deduplicate_by", values: ["value"] },
      nullable: true,
      label: "Value",
      kind: "text",
      placeholder: "X-Event-Id or $.id",
      help: "A header name, or a path in the JSON or form body. Each request without it is a separate event.",
    },
    {
      name: "deduplicate_differing",
      when: { field: "deduplicate_by", values: ["provider", "value"] },
      label: "Same key, different request",
      kind: "select",
      options: [
        { value: "store", label: "store it as a separate event" },
        { value: "drop", label: "drop it as a duplicate" },
      ],
      help: "Requests with the same key may have a different body, method, path or query. Drop them only if the key is unique to one event: dropped content is lost.",
    },
  ]),
  ...inSection("Event type", [
    {
      name: "event_type_from",
      nullable: true,
      label: "Event type from",
      kind: "text",
      placeholder: "X-Event-Type or $.type",
      help: "auto finds it by the verification's provider, CloudEvents, well-known headers such as X-GitHub-Event, and fields such as type or event. Or enter a header name, a path in the JSON or form body, or none.",
    },
  ]),
  ...inSection("Challenge before the first event", [
    {
      name: "question_from",
      nullable: true,
      label: "Challenge from",
      kind: "text",
      placeholder: "?challenge, X-Challenge or $.challenge",
      help: "A query parameter, a header, or a path in the JSON body. A GET or POST request that has it gets the challenge in the response and is not stored as an event. Services with their own verification need nothing here.",
    },
    {
      name: "question_when",
      nullable: true,
      label: "Only if",
      kind: "text",
      placeholder: "$.type=url_verification",
      help: "A place as above, an equals sign, and its value. Leave empty to respond to every request that has a challenge.",
    },
    {
      name: "question_answer",
      label: "Response format",
      kind: "select",
      options: [
        { value: "text", label: "plain text" },
        { value: "json", label: "a field of a JSON body" },
        { value: "header", label: "a header" },
      ],
    },
    {
      name: "question_name",
      nullable: true,
      label: "Field or header name",
      kind: "text",
      placeholder: "challenge",
    },
    {
      name: "question_hmac",
      label: "HMAC-SHA256 of the challenge",
      kind: "select",
      options: [
        { value: "off", label: "off: the challenge itself" },
        { value: "hex", label: "hex" },
        { value: "base64", label: "base64" },
      ],
      help: "Uses the secret of the entrypoint's verification, which must be an HMAC.",
    },
    {
      name: "question_hmac_name",
      nullable: true,
      label: "JSON field for the HMAC",
      kind: "text",
      placeholder: "encryptedToken",
      help: "Set it to send both the challenge and its HMAC.",
    },
    {
      name: "question_verified",
      label: "Require verification",
      kind: "checkbox",
      help: "For challenges that are signed like events.",
    },
  ]),
];
