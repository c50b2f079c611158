// Every figure, one table each: `npm run bench`, or `npm run bench -- generation download` for some of them.
const figures = ["generation", "adapters", "waiting", "download", "startup", "stopping", "render"]
const wanted = process.argv.slice(2)

for (const figure of wanted.length === 0 ? figures : wanted) {
  if (!figures.includes(figure)) throw new Error(`no figure ${figure}; there are ${figures.join(", ")}`)
  const { main } = await import(`./${figure}.mjs`)
  await main()
}
