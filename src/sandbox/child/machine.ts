/**
 * A QuickJS instance with one transformation's code. Every run begins from the same memory: what is in it right after
 * the code was loaded is copied back when the run has ended, so that no run can tell what ran before it.
 */
import variant from "@jitl/quickjs-wasmfile-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
} from "quickjs-emscripten-core";
import { z } from "zod";
import { type Fault, faultSchema } from "../answer.ts";
import { createDeadline, type Deadline } from "./deadline.ts";
import guest from "./guest.js" with { type: "text" };
import { copyMemory } from "./memory-copy.ts";
import repeatable from "./repeatable.js" with { type: "text" };
import { type AsTyped, stripTypes } from "./strip-types.ts";

const PAGE = 64 * 1024;
/** The least that the engine asks for. */
const FIRST_PAGES = 256;
/** 32 MiB. The engine's own limit does not hold in this build: only the memory it lives in does. */
const MOST_PAGES = 512;
const FILE = "transformation.js";
const STACK_BYTES = 256 * 1024;

const TOO_MUCH = `It used more than ${(MOST_PAGES * PAGE) / 2 ** 20} MiB of memory, or recursed too deeply.`;

export type Machine = Readonly<{
  /** Takes the gateway's JSON and gives the code's. */
  run: (input: string) => string;
  /** It broke, or its memory has grown: the next run needs another one. */
  isSpent: () => boolean;
}>;

export type Made = Readonly<{ machine: Machine }> | Readonly<{ fault: Fault }>;

type Order = Readonly<{ source: string; runMs: number }>;
type Loading = Readonly<{ memory: WebAssembly.Memory; deadline: Deadline; source: string }>;

export async function createMachine(engine: WebAssembly.Module, { source, runMs }: Order): Promise<Made> {
  const memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES });
  const deadline = createDeadline(runMs);
  const quickjs = await newQuickJSWASMModuleFromVariant(
    newVariant(variant, { wasmModule: engine, wasmMemory: memory }),
  );
  const context = quickjs.newContext();
  context.runtime.setMaxStackSize(STACK_BYTES);
  context.runtime.setInterruptHandler(deadline.isOver);
  deadline.set();
  try {
    return load(context, { memory, deadline, source });
  } catch {
    return { fault: engineFault(deadline) };
  }
}

function load(context: QuickJSContext, { memory, deadline, source }: Loading): Made {
  const repeat = resultOf(context.evalCode(repeatable, "gateway.js"));
  const begin = resultOf(context.evalCode(guest, "gateway.js"));
  const gateway = resultOf(context.callFunction(begin, context.undefined, repeat));
  const describe = context.getProp(gateway, "describe");
  const evaluated = evaluate(context, describe, source);
  if ("fault" in evaluated) return evaluated;
  const choose = context.getProp(gateway, "choose");
  const candidates = ["transform", "handler"].map((name) => functionNamed(context, name));
  const message = context.getString(resultOf(context.callFunction(choose, context.undefined, candidates)));
  if (message !== "") return { fault: { message } };
  const run = context.getProp(gateway, "run");
  const loaded = copyMemory(memory);
  let isBroken = false;

  return {
    machine: {
      run(input) {
        deadline.set();
        try {
          const result = context.callFunction(run, context.undefined, context.newString(input));
          return withPlaces(context.getString(resultOf(result)), evaluated.asTyped);
        } catch (error) {
          // An error of the engine's own code, such as for want of stack, left it in the middle of something.
          isBroken = !(error instanceof RunEnded);
          return JSON.stringify({ fault: engineFault(deadline) });
        } finally {
          // Nothing that was handed out above is given back one by one: this undoes it all.
          if (!isBroken) loaded.restore();
        }
      },
      isSpent: () => isBroken || memory.buffer.byteLength > FIRST_PAGES * PAGE,
    },
  };
}

type Evaluated = Readonly<{ fault: Fault } | { asTyped: AsTyped | null }>;

/** Loads the code. `asTyped` is null where it is JavaScript already: its places are those of what runs. */
function evaluate(context: QuickJSContext, describe: QuickJSHandle, source: string): Evaluated {
  const isScript = context.evalCode(source, FILE, { compileOnly: true }).error === undefined;
  const stripped = isScript ? { code: source, asTyped: null } : stripTypes(source);
  if ("fault" in stripped) return stripped;
  const { code, asTyped } = stripped;
  const { error } = context.evalCode(code, FILE);
  if (error === undefined) return { asTyped };
  const fault = described(context, describe, error);
  return { fault: asTyped === null ? fault : asTyped(fault) };
}

const faultAnswerSchema = z.looseObject({ fault: faultSchema });

/** The code's answer, which may be anything, with the place of a fault as it was typed. */
function withPlaces(answer: string, asTyped: AsTyped | null): string {
  if (asTyped === null || !answer.startsWith('{"fault":')) return answer;
  const parsed = faultAnswerSchema.safeParse(JSON.parse(answer));
  return parsed.success ? JSON.stringify({ ...parsed.data, fault: asTyped(parsed.data.fault) }) : answer;
}

function described(context: QuickJSContext, describe: QuickJSHandle, thrown: QuickJSHandle): Fault {
  const text = context.callFunction(describe, context.undefined, thrown);
  return faultSchema.parse(JSON.parse(context.getString(resultOf(text))));
}

/** Undefined where the code has none of that name. */
function functionNamed(context: QuickJSContext, name: string): QuickJSHandle {
  return resultOf(context.evalCode(`typeof ${name} === "function" ? ${name} : undefined`, "gateway.js"));
}

class RunEnded extends Error {}

function resultOf(result: ReturnType<QuickJSContext["evalCode"]>): QuickJSHandle {
  if (result.error) throw new RunEnded("the engine ended the run");
  return result.value;
}

/** Why the engine ended a run by itself. Not read from what was thrown, which may be of the code's own making. */
function engineFault(deadline: Deadline): Fault {
  return { message: deadline.isOver() ? `It took longer than ${deadline.ms} ms.` : TOO_MUCH };
}
