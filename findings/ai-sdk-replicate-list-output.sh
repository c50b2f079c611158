#!/usr/bin/env bash
# @ai-sdk/replicate 3.0.46: the video of a prediction that succeeded is lost where its model puts it out in a list.
#
# Expected: Replicate's `output` is what the model's own schema says, for many models a list of addresses (its JavaScript client, and
# the image model of this very package, take both), so doStatus would resolve to "completed" with the first video.
# Seen: doStatus rejects with "Invalid JSON response", for good: the prediction is paid for and generateVideo never gets its video.
# While it runs, `output` is null or an address, so nothing shows it before the end.
#
# Needs npm and Node 20 or newer. Fails if the behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund "@ai-sdk/replicate@3.0.46" 2>/dev/null
cat > run.mjs <<'JS'
import { createReplicate } from "@ai-sdk/replicate"

const get = "https://api.replicate.com/v1/predictions/p1"
const seenFor = async (output) => {
  const replicate = createReplicate({
    apiToken: "any",
    fetch: async () =>
      new Response(JSON.stringify({ id: "p1", status: "succeeded", output, error: null, urls: { get } }), {
        status: 200,
        headers: { "content-type": "application/json" }
      })
  })
  try {
    return await replicate.video("minimax/video-01").doStatus({ operation: { getUrl: get }, headers: {} })
  } catch (error) {
    return { status: "rejected", error: error.message }
  }
}

const video = "https://replicate.delivery/1.mp4"
const text = await seenFor(video)
const list = await seenFor([video])
console.log(`output as a text: ${text.status}`)
console.log(`output as a list: ${list.status}, ${JSON.stringify(list.error)}`)
if (text.status !== "completed" || list.status !== "rejected") {
  console.error("The behaviour has changed: a list is taken, or a text is not.")
  process.exit(1)
}
JS
echo "version: $(node -p 'require("./node_modules/@ai-sdk/replicate/package.json").version'), node $(node --version)"
node run.mjs
