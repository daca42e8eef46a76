/** How forms draw an entrypoint's settings, section by section. */
import { ENTRYPOINT_METHODS, RATE_UNITS } from "./entrypoint-settings.ts";
import { type FormField, inSection } from "./form-field.ts";

export const entrypointSettingsFields: readonly FormField[] = [
  ...inSection("What is taken", [
    {
      name: "methods",
      label: "Methods",
      kind: "list",
      placeholder: "POST",
      help: `One a line: ${ENTRYPOINT_METHODS.join(", ")}. Others are answered 405. HEAD and OPTIONS, by which some senders try a URL, are answered 200 and store no event.`,
    },
    {
      name: "max_body_bytes",
      nullable: true,
      label: "Largest body, in bytes",
      kind: "number",
      placeholder: "as the server allows",
      help: "Larger ones are answered 413. Empty: as MAX_BODY_BYTES says, which is never exceeded.",
    },
    {
      name: "allowed_networks",
      label: "Allowed networks",
      kind: "list",
      placeholder: "192.0.2.0/24",
      help: "Addresses or networks, one a line; others are answered 403. Empty: from everywhere.",
    },
  ]),
  ...inSection("Rejected requests", [
    {
      name: "keep_rejected",
      label: "Keep requests that cannot be verified",
      kind: "checkbox",
      help: "The last 1,000, 16 MiB at most: once a wrong secret is mended they can be verified again and delivered.",
    },
  ]),
  ...inSection("Rate limit", [
    {
      name: "rate_limit",
      nullable: true,
      label: "Requests",
      kind: "number",
      placeholder: "no limit",
      help: "More are answered 429 with Retry-After. Requests that cannot be verified have an equal limit of their own. Empty means no limit.",
    },
    {
      name: "rate_limit_per",
      label: "Within a",
      kind: "select",
      options: RATE_UNITS.map((unit) => ({ value: unit, label: unit })),
    },
    {
      name: "rate_limit_burst",
      nullable: true,
      label: "At once after a quiet time",
      kind: "number",
      placeholder: "as many as above",
    },
  ]),
  ...inSection("Answer", [
    {
      name: "response_status",
      label: "Status",
      kind: "number",
      placeholder: "200",
      help: "From 200 to 299: it says that the event is on disk. 204 has no body.",
    },
    {
      name: "response_body",
      nullable: true,
      label: "Body",
      kind: "textarea",
      help: 'The text {id} stands for the event\'s id. Empty: {"id": "…"}.',
    },
    {
      name: "response_content_type",
      nullable: true,
      label: "Content type of the body",
      kind: "text",
      placeholder: "text/plain",
      help: "A type of data, such as text/plain, application/json or text/xml. Empty: text/plain.",
    },
    {
      name: "response_headers",
      label: "Headers",
      kind: "headers",
      help: "Names of your own, such as X-Answer. X-Webhooker-Event-Id is always sent too.",
    },
  ]),
  ...inSection("Duplicates", [
    {
      name: "deduplicate_by",
      label: "Copies are recognized by",
      kind: "select",
      options: [
        { value: "off", label: "nothing: each request is an event" },
        { value: "provider", label: "the provider's id of the event" },
        { value: "value", label: "the value named below" },
        { value: "body", label: "the whole body" },
      ],
      help: "A copy is answered with the first event's id and listed at that event, for as long as it is kept. The provider is that of the verification.",
    },
    {
      name: "deduplicate_value",
      nullable: true,
      label: "Value",
      kind: "text",
      placeholder: "X-Event-Id or $.id",
      help: "A header's name, or a path in the body's JSON or form. Requests without it are events of their own.",
    },
    {
      name: "deduplicate_differing",
      label: "Same key, but another request",
      kind: "select",
      options: [
        { value: "store", label: "store it as an event of its own" },
        { value: "drop", label: "drop it as a copy" },
      ],
      help: "Requests with the same key may differ in body, method, path or query. Drop them only if the key names one event for certain: what is dropped is lost.",
    },
  ]),
  ...inSection("Event type", [
    {
      name: "event_type_from",
      nullable: true,
      label: "Event type from",
      kind: "text",
      placeholder: "X-Event-Type or $.type",
      help: "A header's name, or a path in the body's JSON or form. Empty: where the provider of the verification says.",
    },
  ]),
  ...inSection("Question before the first event", [
    {
      name: "question_from",
      nullable: true,
      label: "Challenge from",
      kind: "text",
      placeholder: "?challenge, X-Challenge or $.challenge",
      help: "A query parameter, a header, or a path in the JSON body. A request by GET or POST that has it is a question: it is answered and is no event. Services with a verification of their own need nothing here.",
    },
    {
      name: "question_when",
      nullable: true,
      label: "Only where",
      kind: "text",
      placeholder: "$.type=url_verification",
      help: "A place as above, an equals sign, and its value. Without it every request that has a challenge is a question.",
    },
    {
      name: "question_answer",
      label: "Answered as",
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
      label: "Name of the field or header",
      kind: "text",
      placeholder: "challenge",
    },
    {
      name: "question_hmac",
      label: "HMAC-SHA256 of the challenge",
      kind: "select",
      options: [
        { value: "off", label: "no: the challenge itself" },
        { value: "hex", label: "hex" },
        { value: "base64", label: "base64" },
      ],
      help: "By the secret of the entrypoint's verification, which must be one by HMAC.",
    },
    {
      name: "question_hmac_name",
      nullable: true,
      label: "JSON field of the HMAC",
      kind: "text",
      placeholder: "encryptedToken",
      help: "Where the challenge and its HMAC are both answered.",
    },
    {
      name: "question_verified",
      label: "Only once verified",
      kind: "checkbox",
      help: "For questions that are signed like events.",
    },
  ]),
];
