/** Network namespaces, each like a machine with a cable to the same switch, which tests pull. Only the superuser may make them. */

export type TestNetwork = Readonly<{
  /** This machine's address in it. */
  host: string;
  places: readonly NetworkPlace[];
  end: () => void;
}>;

export type NetworkPlace = Readonly<{
  address: string;
  /** Shell words before a program that is to run there. */
  entry: string;
  unplug: () => void;
  plug: () => void;
}>;

let made = 0;

/** Throws where that is not allowed. */
export function makeNetwork(count: number): TestNetwork {
  // The system removes namespaces some time after it was told to.
  const name = `wh${process.pid}-${made++}`;
  const subnet = `10.213.${1 + Math.floor(Math.random() * 254)}`;
  const bridge = `${name}b`;
  const namespaces: string[] = [];

  function join(index: number): NetworkPlace {
    const namespace = `${name}-${index}`;
    const [cable, plugged] = [`${name}c${index}`, `${name}p${index}`];
    const address = `${subnet}.${10 + index}`;
    ip(`netns add ${namespace}`);
    namespaces.push(namespace);
    ip(`link add ${cable} type veth peer name ${plugged} netns ${namespace}`);
    ip(`link set ${cable} master ${bridge} up`);
    ip(`-n ${namespace} addr add ${address}/24 dev ${plugged}`);
    ip(`-n ${namespace} link set ${plugged} up`);
    ip(`-n ${namespace} link set lo up`);
    return {
      address,
      entry: `nsenter --net=/var/run/netns/${namespace}`,
      unplug: () => ip(`link set ${cable} down`),
      plug: () => ip(`link set ${cable} up`),
    };
  }

  /** The cables go with their namespaces. */
  function end(): void {
    for (const namespace of namespaces) ip(`netns del ${namespace}`);
    ip(`link del ${bridge}`);
  }

  ip(`link add ${bridge} type bridge`);
  try {
    ip(`addr add ${subnet}.1/24 dev ${bridge}`);
    ip(`link set ${bridge} up`);
    return { host: `${subnet}.1`, places: Array.from({ length: count }, (_, index) => join(index)), end };
  } catch (error) {
    end();
    throw error;
  }
}

function ip(args: string): void {
  const { success, stderr } = Bun.spawnSync(["ip", ...args.split(" ")], { stderr: "pipe" });
  if (!success) throw new Error(`ip ${args}: ${stderr.toString().trim()}`);
}
