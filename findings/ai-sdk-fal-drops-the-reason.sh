#!/usr/bin/env bash
# @ai-sdk/fal 3.0.41: when fal's queue refuses the result of a request, the reason is lost.
#
# Expected: fal answers the result of a failed request with a list `detail`, whose entries have `msg` and `type` (or with a sentence),
# so doStatus would pass these words on in `error`.
# Seen: doStatus resolves to {"status":"error","error":""} for all of them. A caller cannot tell a prompt that a filter blocked from
# a missing field or an image that is too small; the words are only in the body of the response, which a `fetch` of one's own can keep.
#
# Needs npm and Node 20 or newer. Fails if the behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund "@ai-sdk/fal@3.0.41" 2>/dev/null
cat > run.mjs <<'JS'
import { createFal } from "@ai-sdk/fal"

const json = (status, body) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } })

const refusals = {
  "a filter (422)": [422, { detail: [{ loc: ["body", "prompt"], msg: "flagged by a content checker", type: "content_policy_violation" }] }],
  "a missing field (422)": [422, { detail: [{ loc: ["body", "prompt"], msg: "field required", type: "missing" }] }],
  "a sentence (400)": [400, { detail: "The image is too small" }]
}

let changed = false
for (const [name, [status, body]] of Object.entries(refusals)) {
  const fal = createFal({
    apiKey: "any",
    fetch: async (_, init) =>
      init?.method === "POST"
        ? json(200, { request_id: "r1", status: "IN_QUEUE", response_url: "https://queue.fal.run/x/requests/r1" })
        : json(status, body)
  })
  const model = fal.video("luma-dream-machine/ray-2")
  const { operation } = await model.doStart({ prompt: "a boat", n: 1, providerOptions: {}, headers: {} })
  const seen = await model.doStatus({ operation, headers: {} })
  console.log(`${name}: status ${JSON.stringify(seen.status)}, error ${JSON.stringify(seen.error)}`)
  if (seen.status !== "error" || seen.error !== "") changed = true
}
if (changed) {
  console.error("The behaviour has changed: the reason is passed on, or the call fails.")
  process.exit(1)
}
JS
echo "version: $(node -p 'require("./node_modules/@ai-sdk/fal/package.json").version'), node $(node --version)"
node run.mjs
