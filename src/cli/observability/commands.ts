/** `webhooker observability`: prints files for Grafana and Prometheus, so that the executable needs no companions. */
import type { Command } from "commander";
import type { Io } from "../io.ts";
import alerts from "./alerts.yaml" with { type: "text" };
import dashboard from "./grafana-dashboard.json";

export function addObservabilityCommands(program: Command, io: Pick<Io, "out">): void {
  const observability = program
    .command("observability")
    .helpCommand(false)
    .description("print a dashboard and alerts for /metrics");

  observability
    .command("grafana")
    .description("print a Grafana dashboard, as JSON to import or to provision")
    .action(() => io.out(JSON.stringify(dashboard, null, 2)));

  observability
    .command("alerts")
    .description("print alert rules for Prometheus, as a file for rule_files")
    .action(() => io.out(alerts.trimEnd()));
}
