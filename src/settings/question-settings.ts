/** How an entrypoint responds to a challenge that its sender sends before the first event, as the API accepts it. */
import { z } from "zod";
import { headerName, isChallengeHeader } from "./header-name.ts";
import { VALUE_PATH } from "./value-path.ts";

/** Prefix of a query parameter's name. */
export const QUERY_MARK = "?";

const MAX_PLACE = 200;
const MAX_NAME = 100;
const QUERY_PLACE = /^\?[^\s=&#?]+$/;

function isPlace(text: string): boolean {
  return QUERY_PLACE.test(text) || VALUE_PATH.test(text);
}

const place = z.string().max(MAX_PLACE).refine(isPlace, {
  error:
    "must be ? and a query parameter's name, a header name, or a path in the JSON body such as $.challenge",
});

const condition = z
  .string()
  .max(MAX_PLACE * 2)
  .refine((text) => text.includes("=") && isPlace(text.slice(0, text.indexOf("="))), {
    error: "must be the place of a value, an equals sign and the value: $.type=url_verification",
  });

const name = z
  .string()
  .max(MAX_NAME)
  .regex(/^[\x21-\x7e]+$/, "must be visible ASCII");

export const questionSettingsShape = {
  question_from: place
    .nullable()
    .describe(
      "Location of a sender's challenge: ?challenge in the query, a header name, or $.challenge in a JSON body. A GET or POST request that has one gets it in the response and is not stored as an event. null: no challenge.",
    )
    .default(null),
  question_when: condition
    .nullable()
    .describe("Only requests with this value at this location are challenges: $.type=url_verification.")
    .default(null),
  question_answer: z
    .enum(["text", "json", "header"])
    .describe("Format of the response: plain text, a field of a JSON body, or a header.")
    .default("text"),
  question_name: name.nullable().describe("Name of the JSON field or the header.").default(null),
  question_hmac: z
    .enum(["off", "hex", "base64"])
    .describe(
      "Returns the HMAC-SHA256 of the challenge, in this encoding, with the secret of the verification. An unsigned challenge may then contain only letters, digits and _ + / . : ~ -.",
    )
    .default("off"),
  question_hmac_name: name
    .nullable()
    .describe(
      "With `json`: field of the HMAC. null: the HMAC is in `question_name`, and the challenge is not returned.",
    )
    .default(null),
  question_verified: z
    .boolean()
    .describe("Respond only to challenges that pass verification.")
    .default(false),
};

export type QuestionSettings = z.output<z.ZodObject<typeof questionSettingsShape>>;

/** Returns the faults of settings that are individually valid but do not fit together. */
export function findQuestionFaults(
  settings: QuestionSettings,
): Readonly<{ field: keyof QuestionSettings; message: string }>[] {
  if (settings.question_from === null) return [];
  const { question_answer: answer, question_name: answerName, question_hmac_name: hmacName } = settings;
  if (answer === "json" && answerName === null)
    return [{ field: "question_name", message: "must name the JSON field, because question_answer is json" }];
  if (answer === "header" && (answerName === null || !headerName.safeParse(answerName).success))
    return [{ field: "question_name", message: "must name the header, because question_answer is header" }];
  if (answer === "header" && answerName !== null && !isChallengeHeader(answerName))
    return [
      {
        field: "question_name",
        message: "must be a custom header: X-…, or …-Token, …-Challenge, …-Secret",
      },
    ];
  if (hmacName !== null && (answer !== "json" || settings.question_hmac === "off"))
    return [{ field: "question_hmac_name", message: "needs question_answer json and question_hmac" }];
  if (hmacName !== null && hmacName === answerName)
    return [{ field: "question_hmac_name", message: "must differ from question_name" }];
  return [];
}
