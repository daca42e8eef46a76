/** Form fields of the generic HMAC provider. */
import { type FormField, inSection } from "../../settings/form-field.ts";
import { placeFields, secretFields, toleranceField } from "../config-fields.ts";

export const hmacFields: readonly FormField[] = [
  ...secretFields(),
  {
    name: "secret_encoding",
    label: "Secret encoding",
    kind: "select",
    options: [
      { value: "text", label: "text, used as it is" },
      { value: "base64", label: "base64" },
      { value: "hex", label: "hex" },
      { value: "base64url", label: "base64url" },
    ],
  },
  { name: "header", label: "Signature header", kind: "text", placeholder: "X-Signature" },
  {
    name: "prefix",
    label: "Prefix",
    kind: "text",
    placeholder: "sha256=",
    help: "Text before the signature in the header, including a trailing space.",
  },
  {
    name: "template",
    label: "Signed text",
    kind: "text",
    placeholder: "{body}",
    help: "With placeholders for parts of the request, such as {timestamp}.{body}. Available: {body}, {timestamp}, {id}, {url}, {method}, {host}, {path}, {query}, {target} (path and query), {body_sha256_hex} and other digests, {header.Name}, {$.path.in.json} and {newline}.",
  },
  {
    name: "hash",
    label: "Hash",
    kind: "select",
    options: [
      { value: "sha256", label: "SHA-256" },
      { value: "sha512", label: "SHA-512" },
      { value: "sha1", label: "SHA-1" },
      { value: "sha384", label: "SHA-384" },
    ],
  },
  {
    name: "encoding",
    label: "Signature encoding",
    kind: "select",
    options: [
      { value: "hex", label: "hex" },
      { value: "base64", label: "base64" },
      { value: "base64url", label: "base64url" },
      { value: "base64-of-hex", label: "base64 of the hex digits" },
    ],
  },
  {
    name: "timestamp_header",
    label: "Timestamp header",
    kind: "text",
    placeholder: "X-Timestamp",
    help: "The header that contains {timestamp}: seconds, milliseconds, ISO 8601 or an HTTP date.",
  },
  toleranceField(null),
  ...inSection("Timestamp and signatures in one header", [
    {
      name: "signature_key",
      label: "Signature key",
      kind: "text",
      placeholder: "v1",
      help: "v1 for a header such as t=1700000000,v1=…. Separate several keys with commas.",
    },
    {
      name: "timestamp_key",
      label: "Timestamp key",
      kind: "text",
      placeholder: "t",
      help: "The key of {timestamp}, used instead of a timestamp header.",
    },
    {
      name: "separator",
      label: "Separator",
      kind: "text",
      placeholder: ",",
      help: "One or more characters, each of which separates pairs or signatures. Spaces always do.",
    },
    { name: "key_separator", label: "Key-value separator", kind: "text", placeholder: "=" },
  ]),
  ...inSection("Signature outside a header, or not of the body", [
    {
      name: "signature_place",
      label: "Signature from",
      kind: "text",
      placeholder: "?signature or $.signature",
      help: "Instead of a signature header: “?” and a query parameter name, or a path in the JSON body.",
    },
    {
      name: "id_header",
      label: "Id header",
      kind: "text",
      placeholder: "X-Id",
      help: "The header that contains {id}.",
    },
    {
      name: "unsigned_body",
      label: "Body is not signed",
      kind: "checkbox",
      help: "For senders whose signed text has no {body}. Anyone who intercepts a request can change it and send it again.",
    },
  ]),
  ...placeFields,
];
