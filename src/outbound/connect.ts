/** Opens a TCP connection to the first of a name's checked addresses that answers. */
import type { Clock } from "../lib/clock.ts";
import { errorCode, errorMessage } from "../lib/errors.ts";
import type { ResolvedAddress } from "./resolve.ts";

/** An address that has not answered by then gets the next one beside it (RFC 8305 recommends as much). */
const NEXT_ADDRESS_MS = 250;

/** Returns a function that gives the attempt up; neither callback is called after it. */
export function connectToAny<Data>(options: {
  addresses: readonly ResolvedAddress[];
  port: number;
  clock: Clock;
  handlers: Bun.SocketHandler<Data>;
  /** Null: no TLS. */
  tls: Bun.TLSOptions | null;
  /** Each address tried has its own, so that what becomes of one that lost the race is not told of the winner. */
  newData: () => Data;
  /** The greeting of TLS, if any, is still to come. */
  onOpen: (socket: Bun.Socket<Data>) => void;
  /** With the first error, and the address that gave it. */
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
    // What it may throw at once is a failure like others.
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
