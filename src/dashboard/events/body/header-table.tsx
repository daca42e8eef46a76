/** Headers as received: names and values in order, repeats included. */
import { Html } from "@elysiajs/html";
import type { HeaderPairs } from "../../../storage/event-db/types.ts";

export function HeaderTable({ headers, caption }: { headers: HeaderPairs; caption: string }): JSX.Element {
  if (headers.length === 0) return <p class="muted">No headers.</p>;
  return (
    <table class="pairs">
      <caption class="sr-only" safe>
        {caption}
      </caption>
      <thead class="sr-only">
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {headers.map(([name, value]) => (
          <tr>
            <th scope="row" safe>
              {name}
            </th>
            <td>
              <bdi class="pair-value" safe>
                {value}
              </bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
