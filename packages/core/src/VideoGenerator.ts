/** THE FLOW. */
export {}
