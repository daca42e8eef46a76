/** All faults by name. */
import { configFaults } from "./config-faults.ts";
import { copyFaults } from "./copy-faults.ts";
import { damageFaults } from "./damage-faults.ts";
import type { Fault } from "./fault.ts";
import { gatewayFaults } from "./gateway-faults.ts";
import { importFaults } from "./import-faults.ts";
import { keeperFaults } from "./keeper-faults.ts";
import { natsFaults } from "./nats-faults.ts";
import { networkFaults } from "./network-faults.ts";
import { powerFaults } from "./power-faults.ts";

export const FAULTS: Readonly<Record<string, Fault>> = {
  ...gatewayFaults,
  ...copyFaults,
  ...keeperFaults,
  ...natsFaults,
  ...networkFaults,
  ...powerFaults,
  ...damageFaults,
  ...configFaults,
  ...importFaults,
};
