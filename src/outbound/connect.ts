/** Opens a TCP connection to whichever of a name's checked addresses responds first. */
import type { Clock } from "../lib/clock.ts";
import { errorCode, errorMessage } from "../lib/errors.ts";
import type { ResolvedAddress } from "./resolve.ts";

/** Time without a connection after which the next address is tried in parallel (RFC 8305 recommends as much). */
const NEXT_ADDRESS_MS = 250;

/** Returns a function that cancels connecting; neither callback is called after that. */
export function connectToAny<Data>(options: {
  addresses: readonly ResolvedAddress[];
  port: number;
  clock: Clock;
  handlers: Bun.SocketHandler<Data>;
  /** Null for a connection without TLS. */
  tls: Bun.TLSOptions | null;
  /** Called once per address, so that events of a connection that lost the race never reach the winner's data. */
  newData: () => Data;
  /** Called when TCP is connected; a TLS handshake, if any, is still to come. */
  onOpen: (socket: Bun.Socket<Data>) => void;
  /** Called with the first error and the address that gave it. */
  onFailed: (error: unknown) => void;
}): () => void {
  const { addresses, port, clock, handlers, tls } = options;
  let next = 0;
  let underWay = 0;
  let isOver = false;
  let firstError: unknown = null;
  let cancelTimer = () => {};

  function tryNext(): void {
    cancelTimer();
    const address = addresses[next]?.address;
    if (address === undefined) {
      if (underWay === 0) end(() => options.onFailed(firstError));
      return;
    }
    next++;
    underWay++;
    if (next < addresses.length) cancelTimer = clock.after(NEXT_ADDRESS_MS, tryNext);
    const to = { hostname: address, port, data: options.newData(), socket: handlers };
    // A synchronous throw is handled like any other failure.
    Promise.try(() => Bun.connect(tls === null ? to : { ...to, tls })).then(opened, (error: unknown) => {
      underWay--;
      firstError ??= withAddress(error, address, port);
      if (!isOver) tryNext();
    });
  }

  function opened(socket: Bun.Socket<Data>): void {
    if (isOver) socket.end();
    else end(() => options.onOpen(socket));
  }

  function end(then: () => void): void {
    isOver = true;
    cancelTimer();
    then();
  }

  tryNext();
  return () => end(() => {});
}

function withAddress(error: unknown, address: string, port: number): Error {
  const code = errorCode(error) ?? "";
  return Object.assign(new Error(errorMessage(error)), { code, address, port });
}
