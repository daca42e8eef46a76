/** Why an entry of the log cannot be read. */

/** The bytes are no record, or not all of one; or no version has written what is in it. */
export class DamagedRecord extends Error {
  override readonly name = "DamagedRecord";
}

/** A later version of the program wrote the record: neither it nor any after it may be applied. */
export class NewerRecord extends Error {
  override readonly name = "NewerRecord";
}
