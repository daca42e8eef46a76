/** Pages of the manual: the list of chapters, and a chapter with that list and its own headings beside it. */
import { Html } from "@elysiajs/html";
import { type Chapter, manualChapters, manualParts } from "../../manual/chapters.ts";
import { chapterHtml, chapterPath, headingsOf, MANUAL_PATH } from "../../manual/html.ts";
import { PageHeader } from "../components/card.tsx";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";

/** No heading of a chapter may have this id. */
const CONTENTS_ID = "chapters";

type Reader = Readonly<{ viewer: Viewer | null; flash: Flash | null }>;

export function contentsView(reader: Reader): JSX.Element {
  return (
    <Layout title="Manual" section="manual" openHeader {...reader}>
      <PageHeader title="Manual" lead="How to set up, use and operate webhooker." />
      <div class="manual-parts">
        {manualParts.map(({ title, chapters }) => (
          <section class="card">
            <h2 safe>{title}</h2>
            <dl class="manual-list">
              {chapters.map((chapter) => (
                <div>
                  <dt>
                    <a href={chapterPath(chapter.slug)} safe>
                      {chapter.title}
                    </a>
                  </dt>
                  <dd class="muted" safe>
                    {chapter.summary}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Layout>
  );
}

export function chapterView({ chapter, ...reader }: Reader & Readonly<{ chapter: Chapter }>): JSX.Element {
  const safeText = chapterHtml(chapter);
  return (
    <Layout
      title={chapter.title}
      section="manual"
      openHeader
      crumbs={[{ href: MANUAL_PATH, label: "Manual" }]}
      {...reader}
    >
      <div class="manual">
        <a class="button button-plain manual-jump" href={`#${CONTENTS_ID}`}>
          Chapters
        </a>
        <div class="manual-chapter">
          <article class="card manual-text">{safeText}</article>
          <Neighbours of={chapter} />
        </div>
        <Contents current={chapter} />
      </div>
    </Layout>
  );
}

/** Beside the text; on a phone below it, reached by a link above the text. */
function Contents({ current }: { current: Chapter }): JSX.Element {
  return (
    <nav class="manual-contents" id={CONTENTS_ID} aria-label="Chapters">
      {manualParts.map(({ title, chapters }) => (
        <>
          <p class="manual-part" safe>
            {title}
          </p>
          <ul>
            {chapters.map((chapter) => (
              <li>
                <a
                  href={chapterPath(chapter.slug)}
                  aria-current={chapter.slug === current.slug ? "page" : undefined}
                  safe
                >
                  {chapter.title}
                </a>
                {chapter.slug === current.slug && <Headings of={chapter} />}
              </li>
            ))}
          </ul>
        </>
      ))}
    </nav>
  );
}

function Headings({ of: chapter }: { of: Chapter }): JSX.Element {
  const headings = headingsOf(chapter);
  if (headings.length === 0) return "";
  return (
    <ul>
      {headings.map(({ id, title }) => (
        <li>
          <a href={attribute(`#${id}`)} safe>
            {title}
          </a>
        </li>
      ))}
    </ul>
  );
}

function Neighbours({ of: chapter }: { of: Chapter }): JSX.Element {
  const index = manualChapters.indexOf(chapter);
  const previous = manualChapters[index - 1];
  const next = manualChapters[index + 1];
  return (
    <nav class="manual-neighbours" aria-label="Previous and next chapter">
      {previous !== undefined && <Neighbour rel="prev" label="Previous" chapter={previous} />}
      {next !== undefined && <Neighbour rel="next" label="Next" chapter={next} />}
    </nav>
  );
}

function Neighbour({ rel, label, chapter }: { rel: string; label: string; chapter: Chapter }): JSX.Element {
  return (
    <a class={`manual-neighbour manual-${rel}`} rel={rel} href={chapterPath(chapter.slug)}>
      <span class="muted text-s" safe>
        {label}
      </span>
      <span safe>{chapter.title}</span>
    </a>
  );
}
