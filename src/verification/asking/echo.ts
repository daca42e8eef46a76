/** Answers challenges as an entrypoint's settings describe: with the challenge itself, or with its HMAC. */

import { QUERY_MARK, type QuestionSettings } from "../../settings/question-settings.ts";
import { JSON_MARK } from "../../settings/value-path.ts";
import { hmac } from "../hmac/signature.ts";
import { type HandshakeAnswer, type ReceivedRequest, type Refusal, refused } from "../provider.ts";
import { valuesOf } from "../request-place.ts";
import { answerJson, echo, echoInHeader, readChallenge, readOpaque, valuesOfQuestion } from "./answers.ts";

/** Methods that challenges use; HEAD and OPTIONS are handled elsewhere. */
const METHODS: readonly string[] = ["GET", "POST"];

export type Echo = Readonly<{
  /** Whether a request must pass verification before its challenge is answered. */
  isVerified: boolean;
  /** Null if the request is not a challenge. `key` is the verification's secret, or undefined if it has none. */
  answer: (request: ReceivedRequest, key: Uint8Array | undefined) => HandshakeAnswer | Refusal | null;
}>;

/** Null if the settings describe no challenge. */
export function createEcho(settings: QuestionSettings): Echo | null {
  const { question_from: from, question_when: when, question_hmac: encoding } = settings;
  if (from === null) return null;
  const isVerified = settings.question_verified;
  const read = readerAt(from, isVerified);
  const isAsked = when === null ? () => true : conditionOf(when, isVerified);

  return {
    isVerified,
    answer(request, key) {
      if (!METHODS.includes(request.method) || !isAsked(request)) return null;
      const value = read(request);
      // Signatures and most header values use few characters; an echoed challenge may contain any.
      const challenge = encoding === "off" || isVerified ? readChallenge(value) : readOpaque(value);
      if (challenge === null) return null;
      if (encoding === "off") return answerWith(settings, challenge, null);
      if (key === undefined)
        return refused(
          "The challenge must be answered with an HMAC, but this verification has no secret to compute it with.",
        );
      const digest = Buffer.from(hmac("sha256", key, [challenge])).toString(encoding);
      return answerWith(settings, challenge, digest);
    },
  };
}

function answerWith(
  { question_answer: as, question_name: name, question_hmac_name: hmacName }: QuestionSettings,
  challenge: string,
  digest: string | null,
): HandshakeAnswer | null {
  if (as === "text") return echo(digest ?? challenge);
  if (name === null) return null;
  if (as === "header") return echoInHeader(name, digest ?? challenge);
  return answerJson(
    hmacName === null ? { [name]: digest ?? challenge } : { [name]: challenge, [hmacName]: digest },
  );
}

type Reader = (request: ReceivedRequest) => string | null;

/** `isVerified`: read the whole body, not only what is safe to read from an unverified sender. */
function readerAt(place: string, isVerified: boolean): Reader {
  if (place.startsWith(QUERY_MARK)) {
    const name = place.slice(QUERY_MARK.length);
    return ({ query }) => new URLSearchParams(query).get(name);
  }
  if (place.startsWith(JSON_MARK)) {
    const path = place.slice(JSON_MARK.length);
    return (request) => {
      const value = (isVerified ? valuesOf(request) : valuesOfQuestion(request))?.at(path);
      return value?.kind === "text" || value?.kind === "number" ? value.text : null;
    };
  }
  return ({ headers }) => headers.get(place);
}

function conditionOf(text: string, isVerified: boolean): (request: ReceivedRequest) => boolean {
  const mark = text.indexOf("=");
  const [read, wanted] = [readerAt(text.slice(0, mark), isVerified), text.slice(mark + 1)];
  return (request) => read(request) === wanted;
}
