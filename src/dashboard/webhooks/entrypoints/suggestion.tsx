/** The proposal to verify what an entrypoint receives, where its requests look like a known provider's. */
import { Html } from "@elysiajs/html";
import type { Provider } from "../../../verification/provider.ts";
import type { Entrypoint } from "../../../webhooks/entrypoints.ts";
import { Icon } from "../../components/icon.tsx";
import { attribute } from "../../render.ts";
import { verificationPath } from "../paths.ts";

export function Suggestion(props: { entrypoint: Entrypoint; provider: Provider }): JSX.Element {
  const { entrypoint, provider } = props;
  return (
    <p class="suggestion">
      <Icon name="key" />
      <span>
        <span safe>{`These requests look like those of ${provider.label}: `}</span>
        <a href={attribute(verificationPath(entrypoint, provider.type))}>verify their signatures</a>
      </span>
    </p>
  );
}
