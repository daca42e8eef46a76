/** Suggests verification if the requests at an entrypoint look like those of a known provider. */
import { Html } from "@elysiajs/html";
import type { Provider } from "../../../verification/provider.ts";
import type { Entrypoint } from "../../../webhooks/entrypoints.ts";
import { Icon } from "../../components/icon.tsx";
import { isPermitted } from "../../permitted.ts";
import { attribute } from "../../render.ts";
import { verificationPath } from "../paths.ts";

export function Suggestion(props: { entrypoint: Entrypoint; provider: Provider }): JSX.Element {
  const { entrypoint, provider } = props;
  const path = verificationPath(entrypoint, provider.type);
  if (!isPermitted("GET", path)) return "";
  return (
    <p class="suggestion">
      <Icon name="key" />
      <span>
        <span safe>{`These requests look like those of ${provider.label}: `}</span>
        <a href={attribute(path)}>verify their signatures</a>
      </span>
    </p>
  );
}
