/** Three vendors as the wire shows them, behind one `fetch`: how each accepts, waits, and is done. */

/** What was asked of a vendor. */
export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly redirect: string | undefined
  /** Where it is a text. */
  readonly body: string | undefined
}

/** A `fetch` that answers from a script, and what it was asked. */
export const scripted = (script: (asked: Asked) => Response | Promise<Response>) => {
  const asked: Array<Asked> = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const one = {
      method: init?.method ?? "GET",
      url: String(input),
      headers: new Headers(init?.headers),
      redirect: init?.redirect,
      body: typeof init?.body === "string" ? init.body : undefined
    }
    asked.push(one)
    return await script(one)
  }
  return { fetch, asked }
}

export const json = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}) =>
  new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json", ...headers } })

/** The answers of a vendor. */
export interface Vendor {
  readonly accepted: () => Response
  readonly running: () => Response
  readonly done: (url: string) => Response
}

const fal = "https://queue.fal.run/fal-ai/veo3.1/requests/r1"
const replicate = "https://api.replicate.com/v1/predictions/p1"

export const vendors: { readonly [name: string]: Vendor } = {
  fal: {
    accepted: () =>
      json({ request_id: "r1", response_url: fal, status_url: `${fal}/status`, status: "IN_QUEUE" }),
    running: () => json({ detail: "Request is still in progress" }, 400),
    done: (url) => json({ video: { url, content_type: "video/mp4" } })
  },
  xai: {
    accepted: () => json({ request_id: "x1" }),
    running: () => json({ status: "pending", progress: 1 }, 202),
    done: (url) => json({ status: "done", video: { url, duration: 4, respect_moderation: true } })
  },
  replicate: {
    accepted: () => json({ id: "p1", status: "starting", urls: { get: replicate }, output: null }, 201),
    running: () => json({ id: "p1", status: "processing", urls: { get: replicate }, output: null }),
    done: (url) => json({ id: "p1", status: "succeeded", urls: { get: replicate }, output: url })
  }
}
