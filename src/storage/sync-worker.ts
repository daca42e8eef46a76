/** Runs in a Worker: syncs one descriptor at a time, as more syncs at once need more threads. */
import { fdatasyncSync } from "node:fs";
import { errorMessage } from "../lib/errors.ts";

/** A descriptor comes, and what went wrong goes back, "" for nothing: bare values are the cheapest messages. */
declare const self: Worker;

self.onmessage = (event: MessageEvent<number>) => {
  let fault = "";
  try {
    fdatasyncSync(event.data);
  } catch (error) {
    fault = errorMessage(error);
  }
  self.postMessage(fault);
};
