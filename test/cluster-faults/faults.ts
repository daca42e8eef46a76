/** All faults by name. */
import { configFaults } from "./config-faults.ts";
import { copyFaults } from "./copy-faults.ts";
import type { Fault } from "./fault.ts";
import { gatewayFaults } from "./gateway-faults.ts";
import { natsFaults } from "./nats-faults.ts";

export const FAULTS: Readonly<Record<string, Fault>> = {
  ...gatewayFaults,
  ...copyFaults,
  ...natsFaults,
  ...configFaults,
};
