/** Offers the verification providers: services, which can be searched, and apart from them the generic ones. */
import { Html } from "@elysiajs/html";
import type { Provider } from "../../../verification/provider.ts";
import type { Entrypoint } from "../../../webhooks/entrypoints.ts";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field-row.tsx";
import { attribute } from "../../render.ts";
import { verificationPath } from "../paths.ts";

/** Stands for no verification in URLs and forms. */
export const NO_PROVIDER = "none";

/** Query parameter of a searched service. */
export const FIND_FIELD = "find";

type Choice = Readonly<{ type: string; label: string }>;

/** Returns the services whose label or type contains the text; those that equal it, if any does. */
export function findServices(providers: readonly Provider[], text: string): readonly Provider[] {
  const wanted = text.trim().toLowerCase();
  const services = providers.filter(({ isGeneric }) => isGeneric !== true);
  const names = ({ type, label }: Choice) => [type, label.toLowerCase()];
  const equal = services.filter((each) => names(each).includes(wanted));
  if (equal.length > 0) return equal;
  // Descriptions name what else goes by a provider, such as Clerk or WhatsApp.
  return services.filter((each) =>
    [...names(each), each.description.toLowerCase()].some((name) => name.includes(wanted)),
  );
}

export type ChoiceProps = Readonly<{
  entrypoint: Entrypoint;
  providers: readonly Provider[];
  /** Provider whose fields are shown; null for none. */
  provider: Provider | null;
  /** Text of a search that did not find exactly one service. */
  searched: string | null;
}>;

/** The many services are collapsed once one option is chosen. */
export function ProviderChoice(props: ChoiceProps): JSX.Element {
  const { providers, provider, searched } = props;
  const generic = providers.filter(({ isGeneric }) => isGeneric === true);
  const services = findServices(providers, searched ?? "");
  const isOpen = provider === null || searched !== null;
  return (
    <>
      <ServiceSearch {...props} />
      <details class="choice-fold" open={isOpen}>
        <summary safe>{titleOf(props, services.length)}</summary>
        {services.length > 0 && <Choices {...props} label="Services" choices={services} />}
      </details>
      <p class="choice-title">Any other sender</p>
      <Choices
        {...props}
        label="Any other sender"
        choices={[{ type: NO_PROVIDER, label: "None" }, ...generic]}
      />
    </>
  );
}

function titleOf({ provider, searched }: ChoiceProps, found: number): string {
  if (searched !== null) {
    return found === 0 ? `No service is called “${searched}”` : `Services with “${searched}”`;
  }
  return provider === null || provider.isGeneric ? "All services" : `Service: ${provider.label}`;
}

/** The browser proposes the services' names, also without scripts. */
function ServiceSearch({ entrypoint, providers, searched }: ChoiceProps): JSX.Element {
  return (
    <search>
      <form class="form-inline" method="get" action={attribute(verificationPath(entrypoint))}>
        <TextField
          name={FIND_FIELD}
          label="Find a service"
          type="search"
          value={searched ?? undefined}
          placeholder="Stripe"
          maxlength={100}
          proposals={findServices(providers, "").map(({ label }) => label)}
        />
        <Button label="Find" />
      </form>
    </search>
  );
}

function Choices(props: ChoiceProps & Readonly<{ label: string; choices: readonly Choice[] }>): JSX.Element {
  const { entrypoint, provider } = props;
  const shown = provider?.type ?? NO_PROVIDER;
  const current = entrypoint.verification?.type ?? NO_PROVIDER;
  return (
    <nav class="choice choice-many" aria-label={attribute(props.label)}>
      {props.choices.map(({ type, label }) => (
        <a
          class="choice-item"
          href={attribute(verificationPath(entrypoint, type))}
          aria-current={type === shown ? "true" : undefined}
          safe
        >
          {type === current ? `${label} (in use)` : label}
        </a>
      ))}
    </nav>
  );
}
