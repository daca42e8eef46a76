/** Lists the configuration: what was changed first, the defaults folded. */
import { Html } from "@elysiajs/html";
import { Badge } from "../components/badge.tsx";
import { Card, DataTable } from "../components/card.tsx";
import { formatCount } from "../components/format.ts";
import type { ConfigurationLine } from "./configuration.ts";

type Lines = readonly ConfigurationLine[];

export function ConfigurationCard({ configuration }: { configuration: Lines }): JSX.Element {
  const changed = configuration.filter(({ isChanged }) => isChanged);
  const others = configuration.filter(({ isChanged }) => !isChanged);
  return (
    <Card flush title="Configuration" lead="Read from the environment at startup. Secrets are not shown.">
      <Lines caption="Changed" lines={changed} />
      <details class="more more-flush">
        <summary safe>{`${formatCount(others.length, "variable")} with the default`}</summary>
        <Lines caption="With the default" lines={others} />
      </details>
    </Card>
  );
}

function Lines({ caption, lines }: { caption: string; lines: Lines }): JSX.Element {
  return (
    <DataTable caption={caption} stack columns={["Variable", "Value", "Meaning"]}>
      {lines.map(({ name, value, meaning, isSecret }) => (
        <tr>
          <td>
            <code class="nowrap" safe>
              {name}
            </code>
          </td>
          <td class="config-value">
            {isSecret ? <Badge tone="idle" label={value} /> : Html.escapeHtml(value)}
          </td>
          <td class="muted" safe>
            {meaning}
          </td>
        </tr>
      ))}
    </DataTable>
  );
}
