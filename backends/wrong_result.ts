/** A backend computes, but not what it should. Told from other errors by its class: those may not come again. */
export class WrongResult extends Error {}
