// Three protocols, as a server tells them and as a loop of one's own speaks them: OpenAI's Videos dialect, OpenRouter, fal.
const json = { "content-type": "application/json" }

/**
 * Each: `submit` is what is sent, `read` what the answer to it means (where to ask, and with which headers), `state` what an
 * answer to that says: the address of the video once it is done, else nothing. `answers` is the server's side, for a job.
 */
export const wires = {
  openai: {
    settings: (base) => ({ baseUrl: `${base}/openai/v1`, apiKey: "key", encoding: "json", model: "wan" }),
    model: "wan",
    headers: { ...json, authorization: "Bearer key" },
    submit: (base, prompt) => [
      `${base}/openai/v1/videos`,
      { model: "wan", prompt, seconds: "4", size: "1280x720" }
    ],
    read: (base, { id }) => `${base}/openai/v1/videos/${id}`,
    state: ({ status }, url) => (status === "completed" ? `${url}/content` : undefined),
    answers: {
      submit: (id) => ({ id, object: "video", status: "queued", progress: 0, created_at: 1 }),
      poll: (id, done) => ({ id, object: "video", status: done ? "completed" : "in_progress", progress: 50 })
    }
  },
  openrouter: {
    settings: (base) => ({ baseUrl: `${base}/openrouter/api/v1`, apiKey: "key" }),
    model: "google/veo-3.1",
    headers: { ...json, authorization: "Bearer key" },
    submit: (base, prompt) => [
      `${base}/openrouter/api/v1/videos`,
      { model: "google/veo-3.1", prompt, duration: 4, resolution: "720p", aspect_ratio: "16:9" }
    ],
    read: (base, { polling_url }) => `${base}${polling_url}`,
    state: ({ status, unsigned_urls }) => (status === "completed" ? unsigned_urls[0] : undefined),
    answers: {
      submit: (id) => ({ id, polling_url: `/openrouter/api/v1/videos/${id}`, status: "pending" }),
      poll: (id, done, base) => ({
        id,
        status: done ? "completed" : "in_progress",
        ...(done
          ? {
              unsigned_urls: [`${base}/openrouter/api/v1/videos/${id}/content?index=0`],
              usage: { cost: 0.4 }
            }
          : {})
      })
    }
  },
  fal: {
    settings: (base) => ({ baseUrl: `${base}/fal`, apiKey: "key" }),
    model: "veo3.1",
    headers: { ...json, authorization: "Key key" },
    submit: (base, prompt) => [
      `${base}/fal/fal-ai/veo3.1`,
      { prompt, duration: "4s", resolution: "720p", aspect_ratio: "16:9" }
    ],
    read: (_, { status_url }) => status_url,
    state: ({ status }, url) =>
      status === "COMPLETED" ? { result: url.replace(/\/status$/, "") } : undefined,
    result: ({ video }) => video.url,
    answers: {
      submit: (id, base) => {
        const url = `${base}/fal/fal-ai/veo3.1/requests/${id}`
        return {
          request_id: id,
          response_url: url,
          status_url: `${url}/status`,
          cancel_url: `${url}/cancel`,
          status: "IN_QUEUE"
        }
      },
      poll: (_, done) => ({ status: done ? "COMPLETED" : "IN_PROGRESS", logs: [] }),
      result: (id, base) => ({ video: { url: `${base}/fal/files/${id}/content`, content_type: "video/mp4" } })
    }
  }
}
