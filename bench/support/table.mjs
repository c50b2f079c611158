// Figures as Markdown.
export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export const mebibytes = (bytes) => `${Math.round(bytes / 1024 ** 2)} MiB`

export const verdict = (value, target) => (value <= target ? "met" : "**not met**")

export const print = (title, columns, rows) => {
  const line = (cells) => `| ${cells.join(" | ")} |`
  console.log(
    [`\n## ${title}\n`, line(columns), line(columns.map(() => "---")), ...rows.map(line), ""].join("\n")
  )
}

/** Calls `measure` for every subject in turn, round after round, so that a noisy moment hits all alike. */
export const interleaved = async (rounds, subjects, measure) => {
  const results = new Map(subjects.map((subject) => [subject, []]))
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) results.get(subject).push(await measure(subject))
  }
  return results
}
