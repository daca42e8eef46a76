/** How an entrypoint answers a question that its sender asks before the first event, as the API takes it. */
import { z } from "zod";
import { headerName, isChallengeHeader } from "./header-name.ts";
import { PLACE } from "./value-path.ts";

/** Stands before a query parameter's name. */
export const QUERY_MARK = "?";

const MAX_PLACE = 200;
const MAX_NAME = 100;
const QUERY_PLACE = /^\?[^\s=&#?]+$/;

function isPlace(text: string): boolean {
  return QUERY_PLACE.test(text) || PLACE.test(text);
}

const place = z.string().max(MAX_PLACE).refine(isPlace, {
  error:
    "must be ? and a query parameter's name, a header's name, or a path in the JSON body such as $.challenge",
});

const condition = z
  .string()
  .max(MAX_PLACE * 2)
  .refine((text) => text.includes("=") && isPlace(text.slice(0, text.indexOf("="))), {
    error: "must be a place, an equals sign and a value: $.type=url_verification",
  });

const name = z
  .string()
  .max(MAX_NAME)
  .regex(/^[\x21-\x7e]+$/, "must be visible ASCII");

export const questionSettingsShape = {
  question_from: place
    .nullable()
    .describe(
      "Where a sender's challenge stands: ?challenge in the query, a header's name, or $.challenge in a JSON body. A request by GET or POST that has one is answered with it and is no event. null: no question.",
    )
    .default(null),
  question_when: condition
    .nullable()
    .describe("Only requests where this place has this value are questions: $.type=url_verification.")
    .default(null),
  question_answer: z
    .enum(["text", "json", "header"])
    .describe("The challenge is answered as plain text, in a field of a JSON body, or in a header.")
    .default("text"),
  question_name: name.nullable().describe("The JSON field's or the header's name.").default(null),
  question_hmac: z
    .enum(["off", "hex", "base64"])
    .describe(
      "Answers the challenge's HMAC-SHA256 by the verification's secret, written like this. A challenge that nobody signed must be letters, digits and _ + / . : ~ - then.",
    )
    .default("off"),
  question_hmac_name: name
    .nullable()
    .describe(
      "With json: the field of the HMAC. null: it stands in `question_name`, and the challenge nowhere.",
    )
    .default(null),
  question_verified: z
    .boolean()
    .describe("Whether only challenges that pass the verification are answered.")
    .default(false),
};

export type QuestionSettings = z.output<z.ZodObject<typeof questionSettingsShape>>;

/** What is wrong with the settings taken together. */
export function findQuestionFaults(
  settings: QuestionSettings,
): Readonly<{ field: keyof QuestionSettings; message: string }>[] {
  if (settings.question_from === null) return [];
  const { question_answer: answer, question_name: answerName, question_hmac_name: hmacName } = settings;
  if (answer === "json" && answerName === null)
    return [{ field: "question_name", message: "must name the JSON field, as question_answer is json" }];
  if (answer === "header" && (answerName === null || !headerName.safeParse(answerName).success))
    return [{ field: "question_name", message: "must name the header, as question_answer is header" }];
  if (answer === "header" && answerName !== null && !isChallengeHeader(answerName))
    return [
      {
        field: "question_name",
        message: "must be a header of the sender's own: X-…, or …-Token, …-Challenge, …-Secret",
      },
    ];
  if (hmacName !== null && (answer !== "json" || settings.question_hmac === "off"))
    return [{ field: "question_hmac_name", message: "needs question_answer json and question_hmac" }];
  if (hmacName !== null && hmacName === answerName)
    return [{ field: "question_hmac_name", message: "must be another field than question_name" }];
  return [];
}
