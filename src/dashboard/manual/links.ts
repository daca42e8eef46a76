/** Maps sections of forms to the parts of the manual that explain them, by the name of the section's first field. */
import { type Chapter, type ChapterSlug, findChapter } from "../../manual/chapters.ts";
import { chapterPath, headingsOf } from "../../manual/html.ts";

/** A chapter, or one of its headings. */
export type ManualPart = ChapterSlug | `${ChapterSlug}#${string}`;

export type SectionParts = Readonly<Record<string, ManualPart>>;

export const ENTRYPOINT_PARTS: SectionParts = {
  methods: "entrypoints#settings",
  keep_rejected: "rejected",
  rate_limit: "entrypoints#rate-limit",
  response_status: "entrypoints#settings",
  deduplicate_by: "duplicates",
  event_type_from: "bodies",
  question_from: "entrypoints#questions",
};

export const TARGET_PARTS: SectionParts = {
  event_types: "filters",
  "transformation.code": "transformations",
  max_attempts: "retries",
  rate_limit: "flow",
  "signing.scheme": "signing",
  append_path: "targets#settings-of-http-targets",
  drop_headers: "targets#headers",
  tls_ca: "targets#settings-of-http-targets",
};

export const VERIFICATION_PARTS: SectionParts = {
  signature_key: "verification#any-other-hmac",
  signature_place: "verification#any-other-hmac",
};

export function hrefOf(part: ManualPart): string {
  const { chapter, heading } = split(part);
  return chapterPath(chapter.slug, heading);
}

/** Returns "Manual: Retries", or "Manual: Targets, Headers" for a part of the chapter. */
export function labelOf(part: ManualPart): string {
  const { chapter, heading } = split(part);
  const section = headingsOf(chapter).find(({ id }) => id === heading);
  return `Manual: ${chapter.title}${section === undefined ? "" : `, ${section.title}`}`;
}

function split(part: ManualPart): Readonly<{ chapter: Chapter; heading: string | undefined }> {
  const [slug = "", heading] = part.split("#");
  const chapter = findChapter(slug);
  if (chapter === null) throw new Error(`the manual has no chapter ${slug}`);
  return { chapter, heading };
}
