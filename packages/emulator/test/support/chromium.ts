/** A Chromium that this machine has, without a window; nothing is downloaded. */
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { type Browser, chromium } from "playwright-core"

const commands = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"]

const onPath = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => commands.map((command) => join(folder, command)))

const onWindows = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap((name) => {
  const folder = process.env[name]
  return folder === undefined
    ? []
    : ["Chromium", "Google/Chrome", "Microsoft/Edge"].map((app) => join(folder, app, "Application"))
})

const usual = [
  ...["chromium", "chromium-browser", "google-chrome"].map((command) => `/usr/bin/${command}`),
  ...["Chromium", "Google Chrome", "Microsoft Edge"].map(
    (app) => `/Applications/${app}.app/Contents/MacOS/${app}`
  ),
  ...onWindows.flatMap((folder) => ["chrome.exe", "msedge.exe"].map((program) => join(folder, program)))
]

/** What `CHROMIUM_PATH` says, else the first that is found. */
const executable = process.env["CHROMIUM_PATH"] ?? [...onPath, ...usual].find((path) => existsSync(path))

/** It runs with a new profile, which is deleted when it is closed; or the reason why there is none that could help. */
export const open = async (): Promise<Browser | string> => {
  if (executable === undefined) return "no Chromium: none in the usual places, and CHROMIUM_PATH is not set"
  const browser = await launch(executable)
  if (await canDecode(browser)) return browser
  await browser.close()
  return `no Chromium: ${executable} was built without H.264 and AAC`
}

const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--autoplay-policy=no-user-gesture-required"
    ]
  })

const canDecode = async (browser: Browser): Promise<boolean> => {
  const page = await browser.newPage()
  const type = 'video/mp4; codecs="avc1.640028, mp4a.40.2"'
  return page
    .evaluate<unknown>(`document.createElement("video").canPlayType('${type}')`)
    .then((answer) => answer === "probably")
    .finally(() => page.close())
}
