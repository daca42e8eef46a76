/** A connection whose `close` really closes it: SQLite keeps one open for as long as any statement of it lives. */
import { Database, type SQLQueryBindings } from "bun:sqlite";

/** Of the statements that come and go: drizzle prepares one for each query and finalizes none. */
const MOST_PASSING = 32;

type Finalizable = Readonly<{ finalize: () => void }>;

export class ClosableDatabase extends Database {
  readonly #lasting = new Set<Finalizable>();
  /** Oldest first. */
  readonly #passing = new Set<Finalizable>();
  #isSetUp = false;

  override prepare<Row, Params extends SQLQueryBindings | SQLQueryBindings[]>(sql: string, params?: Params) {
    const statement = super.prepare<Row, Params>(sql, params);
    if (this.#isSetUp) this.#addPassing(statement);
    else this.#lasting.add(statement);
    return statement;
  }

  /** What was prepared before lasts until `close`; what is prepared later must be used at once. */
  endSetUp(): void {
    this.#isSetUp = true;
  }

  override close(throwOnError?: boolean): void {
    for (const statement of [...this.#lasting, ...this.#passing]) statement.finalize();
    this.#lasting.clear();
    this.#passing.clear();
    super.close(throwOnError);
  }

  #addPassing(statement: Finalizable): void {
    this.#passing.add(statement);
    if (this.#passing.size <= MOST_PASSING) return;
    for (const oldest of this.#passing) {
      // The cache of `query` prepares it again when it is asked for.
      oldest.finalize();
      this.#passing.delete(oldest);
      return;
    }
  }
}
