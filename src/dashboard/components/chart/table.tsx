/** The numbers of a chart as a table, folded: for keyboards, screen readers and copying. */
import { Html } from "@elysiajs/html";
import { attribute } from "../../render.ts";
import { formatCount } from "../format.ts";
import type { ChartProps } from "./data.ts";
import { plain } from "./scale.ts";

/** Only bars that have a value. */
export function Table({ label, series, bars, zone }: ChartProps): JSX.Element {
  const rows = bars.filter(({ values }) => values.some((value) => value > 0));
  if (rows.length === 0) return "";
  return (
    <details class="chart-table">
      <summary safe>{`As a table of ${formatCount(rows.length, "row")}`}</summary>
      <table class="table">
        <caption class="sr-only" safe>
          {label}
        </caption>
        <thead>
          <tr>
            <th scope="col" safe>{`Time (${zone})`}</th>
            {series.map((each) => (
              <th scope="col" class="cell-end" safe>
                {each.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, values, href }) => (
            <tr>
              <th scope="row">
                {href === null ? (
                  Html.escapeHtml(name)
                ) : (
                  <a href={attribute(href)} safe>
                    {name}
                  </a>
                )}
              </th>
              {series.map((_, index) => (
                <td class="cell-end" safe>
                  {plain.format(values[index] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
