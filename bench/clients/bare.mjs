// The least that keeps the same promises, by hand: undici's lowest level with a connection for each submit, the same six
// writes at synchronous=FULL shared by a turn of the event loop, a file that is hashed, synced and linked. It checks nothing,
// decodes nothing, tells nobody, and cannot resume: what it costs is the machine's share of ours.
import { createHash } from "node:crypto"
import { link, open, unlink } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import Sqlite from "better-sqlite3"
import { Agent } from "undici"

const records = (path) => {
  const database = new Sqlite(path)
  database.pragma("journal_mode = WAL")
  database.pragma("synchronous = FULL")
  database.exec(`CREATE TABLE jobs (id TEXT PRIMARY KEY, state TEXT, json TEXT, updated_at INTEGER, fence INTEGER);
    CREATE INDEX by_state ON jobs (state); CREATE INDEX by_time ON jobs (updated_at);
    CREATE TABLE events (job TEXT, sequence INTEGER, at INTEGER, state TEXT, PRIMARY KEY (job, sequence))`)
  const create = database.prepare("INSERT INTO jobs VALUES (?, ?, ?, ?, 1)")
  const update = database.prepare(
    "UPDATE jobs SET state = ?, json = ?, updated_at = ? WHERE id = ? AND fence = 1"
  )
  const log = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?)")
  let waiting = []
  const commit = () => {
    const batch = waiting
    waiting = []
    database.exec("BEGIN IMMEDIATE")
    for (const { id, json, sequence, state } of batch) {
      if (sequence === 1) create.run(id, state, json, Date.now())
      else update.run(state, json, Date.now(), id)
      log.run(id, sequence, Date.now(), state)
    }
    database.exec("COMMIT")
    for (const { resolve } of batch) resolve()
  }
  return (id, sequence, state, value) =>
    new Promise((resolve) => {
      const json = JSON.stringify(value)
      if (waiting.push({ id, sequence, state, json, resolve }) === 1) setImmediate(commit)
    })
}

/** Those who want the folder synced share it with all that ask meanwhile. */
const folderSync = (directory) => {
  let next
  let running = Promise.resolve()
  const sync = async () => {
    next = undefined
    const folder = await open(directory)
    await folder.sync()
    await folder.close()
  }
  return () => {
    next ??= running = running.then(sync)
    return next
  }
}

export const connect = ({ baseUrl, directory, pollInterval }) => {
  const pooled = new Agent({ connections: 48 })
  const fresh = new Agent({ connections: 16, pipelining: 0 })
  const write = records(join(directory, "bare.db"))
  const syncFolder = folderSync(directory)
  const headers = { "x-goog-api-key": "key", "content-type": "application/json" }
  const ask = (agent, method, url, body) =>
    new Promise((resolve, reject) => {
      const parts = []
      const { origin, pathname, search } = new URL(url)
      agent.dispatch(
        { origin, path: pathname + search, method, headers, body },
        {
          onRequestStart: () => {},
          onResponseStart: (_, status) => status === 200 || reject(new Error(`HTTP ${status}`)),
          onResponseData: (_, chunk) => parts.push(chunk),
          onResponseEnd: () => resolve(parts),
          onResponseError: (_, error) => reject(error)
        }
      )
    })
  const json = async (...question) => JSON.parse(Buffer.concat(await ask(...question)).toString())
  return async (id, prompt) => {
    const body = JSON.stringify({
      instances: [{ prompt }],
      parameters: { durationSeconds: 8, aspectRatio: "16:9" }
    })
    await write(id, 1, "Queued", { prompt })
    await write(id, 2, "Submitting", { attempt: 1 })
    let operation = await json(
      fresh,
      "POST",
      `${baseUrl}/v1beta/models/veo-3.0-generate-001:predictLongRunning`,
      body
    )
    await write(id, 3, "Rendering", { operation: operation.name })
    while (operation.done !== true) {
      await sleep(pollInterval)
      operation = await json(pooled, "GET", `${baseUrl}/v1beta/${operation.name}`)
    }
    const { uri } = operation.response.generateVideoResponse.generatedSamples[0].video
    await write(id, 4, "Downloading", { uri })
    const parts = await ask(pooled, "GET", uri)
    const draft = join(directory, `.${id}.part`)
    const file = await open(draft, "wx")
    const hash = createHash("sha256")
    for (const part of parts) hash.update(part)
    await file.writev(parts)
    await file.sync()
    await file.close()
    const path = join(directory, `${id}.mp4`)
    await write(id, 5, "Downloading", { uri, path, sha256: hash.digest("hex") })
    await link(draft, path)
    await unlink(draft)
    await syncFolder()
    await write(id, 6, "Completed", { path })
    return path
  }
}
