/** What a sender signs, as a text in which {id}, {timestamp}, {body} and {url} stand for those of the request. */

type Values = Readonly<{ id: string; timestamp: string; body: Uint8Array; url: string }>;
type Part = string | Uint8Array;

export type SignedTemplate = Readonly<{
  uses: (name: keyof Values) => boolean;
  /** In pieces, so that a large body is not copied. */
  fill: (values: Values) => Part[];
}>;

export function compileTemplate(template: string): SignedTemplate {
  const pieces = template.split(/(\{(?:id|timestamp|body|url)\})/).filter((piece) => piece !== "");
  const fillers = pieces.map(fillerOf);
  return {
    uses: (name) => pieces.includes(`{${name}}`),
    fill: (values) => fillers.map((fill) => fill(values)),
  };
}

function fillerOf(piece: string): (values: Values) => Part {
  switch (piece) {
    case "{id}":
      return ({ id }) => id;
    case "{timestamp}":
      return ({ timestamp }) => timestamp;
    case "{body}":
      return ({ body }) => body;
    case "{url}":
      return ({ url }) => url;
    default:
      return () => piece;
  }
}
