/** Compares two texts line by line. Hand-written: the table below is all that pages need of a library for it. */

export type DiffRow = Readonly<{ before: string | null; after: string | null; isSame: boolean }>;

/** Longer middle parts are shown as replaced: the table grows with the product of their lengths. */
const MOST_CELLS = 1_000_000;

/** Rows for two columns: equal lines stand beside each other, others beside nothing, removed ones first. */
export function diffLines(before: readonly string[], after: readonly string[]): readonly DiffRow[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return [
    ...before.slice(0, start).map(same),
    ...diffMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

function diffMiddle(before: readonly string[], after: readonly string[]): DiffRow[] {
  if (before.length * after.length > MOST_CELLS) return [...before.map(removed), ...after.map(added)];
  const lengths = commonLengths(before, after);
  const width = after.length + 1;
  const rows: DiffRow[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]];
    if (old !== undefined && old === fresh) {
      rows.push(same(old));
      i++;
      j++;
    } else if (
      old !== undefined &&
      (fresh === undefined || (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))
    ) {
      rows.push(removed(old));
      i++;
    } else if (fresh !== undefined) {
      rows.push(added(fresh));
      j++;
    }
  }
  return rows;
}

/** At (i, j): how many lines `before` from i on and `after` from j on have in common, in order. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array {
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        before[i] === after[j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  return lengths;
}

const same = (line: string): DiffRow => ({ before: line, after: line, isSame: true });
const removed = (line: string): DiffRow => ({ before: line, after: null, isSame: false });
const added = (line: string): DiffRow => ({ before: null, after: line, isSame: false });
