/**
 * How to give a model a price of the user's own.
 */

/** The hint for a model, by its name with the provider's before it. */
export const howToPrice = (name: string): string =>
  `Set a price of your own: prices in the configuration, like MUTOSCOPE_PRICES='${JSON.stringify({ [name]: { perSecond: 0.1 } })}'`
