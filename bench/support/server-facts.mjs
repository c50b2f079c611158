// What the fake API and those who check on its clients have to agree on.
export const pollsToDone = 5
export const videoBytes = 64 * 1024
