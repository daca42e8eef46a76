/** The form of the generic HMAC provider. */
import { type FormField, inSection } from "../../settings/form-field.ts";
import { placeFields, secretFields, toleranceField } from "../config-fields.ts";

export const hmacFields: readonly FormField[] = [
  ...secretFields(),
  {
    name: "secret_encoding",
    label: "The secret is written as",
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
    help: "What stands before the signature in the header, a blank at its end too.",
  },
  {
    name: "template",
    label: "Signed text",
    kind: "text",
    placeholder: "{body}",
    help: "Placeholders stand for parts of the request: {timestamp}.{body}. There are {body}, {timestamp}, {id}, {url}, {method}, {host}, {path}, {query}, {target} (path and query), {body_sha256_hex} and other digests, {header.Name}, {$.path.in.json} and {newline}.",
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
    label: "The signature is written as",
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
    help: "Holds {timestamp}: seconds, milliseconds or RFC 3339.",
  },
  toleranceField(null),
  ...inSection("Time and signatures in one header", [
    {
      name: "signature_key",
      label: "Key of signatures",
      kind: "text",
      placeholder: "v1",
      help: "For a header such as t=1700000000,v1=…: v1. Several keys with commas between them.",
    },
    {
      name: "timestamp_key",
      label: "Key of the time",
      kind: "text",
      placeholder: "t",
      help: "Holds {timestamp}, in place of a timestamp header.",
    },
    {
      name: "separator",
      label: "Between pairs or signatures",
      kind: "text",
      placeholder: ",",
      help: "One letter or several, any of which separates. Blanks separate too.",
    },
    { name: "key_separator", label: "Between key and value", kind: "text", placeholder: "=" },
  ]),
  ...inSection("Signature elsewhere, or of something else", [
    {
      name: "signature_place",
      label: "Signature from",
      kind: "text",
      placeholder: "?signature or $.signature",
      help: "In place of a signature header: “?” and a query parameter's name, or a path in the JSON body.",
    },
    { name: "id_header", label: "Id header", kind: "text", placeholder: "X-Id", help: "Holds {id}." },
    {
      name: "unsigned_body",
      label: "The body is not signed",
      kind: "checkbox",
      help: "For senders whose signed text has no {body}: whoever overhears a request could change it and send it again.",
    },
  ]),
  ...placeFields,
];
