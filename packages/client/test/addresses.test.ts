import { assert, describe, it } from "@effect/vitest"
import { forbidden } from "../src/internal/address.ts"
import * as VeoForm from "../src/internal/veoForm.ts"

const publicBase = new URL("https://api.example.com")
const localBase = new URL("http://127.0.0.1:4000")

describe("P18 where a public provider may send us", () => {
  it.each([
    "https://cdn.example.net/v",
    "https://8.8.8.8/",
    "https://172.32.0.1/",
    "https://api.example.com:443/x",
    "https://[2606:4700::1111]/",
    "https://[2001:4860:4860::8888]/",
    "https://[::ffff:8.8.8.8]/",
    "https://223.255.255.255/",
    "https://localhost.example.com/",
    "https://fd.example.com/"
  ])("%s: yes", (url) => assert.isUndefined(forbidden(new URL(url), publicBase)))

  it.each([
    "http://cdn.example.net/v",
    "ftp://cdn.example.net/",
    "https://localhost/",
    "https://localhost./",
    "https://a.localhost/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[fd00::1]/",
    "https://[fe80::1]/",
    "https://[::]/",
    "https://0.0.0.0/",
    "https://10.1.2.3/",
    "https://192.168.0.1/",
    "https://172.16.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/",
    "https://192.0.0.8/",
    "https://198.19.0.1/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://255.255.255.255/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::10.1.2.3]/",
    "https://[::8.8.8.8]/",
    "https://[64:ff9b::10.1.2.3]/",
    "https://[64:ff9b:1:2::10.1.2.3]/",
    "https://[2002:a00:1::]/",
    "https://[2001:0:a00:1::]/",
    "https://[fec0::1]/",
    "https://[feff::1]/",
    "https://[febf::1]/",
    "https://[ff02::1]/",
    "https://[fd00:ec2::254]/",
    "https://100.100.100.200/",
    "https://metadata.google.internal/",
    "https://router.lan/",
    "https://intranet/"
  ])("%s: no", (url) => assert.isString(forbidden(new URL(url), publicBase)))

  it("a local provider may name this machine, but not the cloud's metadata", () => {
    assert.isUndefined(forbidden(new URL("http://localhost:5000/v"), localBase))
    assert.isUndefined(forbidden(new URL("https://cdn.example.net/v"), localBase))
    assert.isString(forbidden(new URL("http://cdn.example.net/v"), localBase))
    assert.isUndefined(forbidden(new URL("http://[::1]:5000/v"), localBase))
    assert.isString(forbidden(new URL("http://169.254.169.254/"), localBase))
    assert.isString(forbidden(new URL("https://[64:ff9b::a9fe:a9fe]/"), localBase))
  })
})

describe("where a video is fetched, and whether the credential goes along", () => {
  const place = { project: "p", location: "us-central1", storage: undefined }
  const vertex = VeoForm.vertex({ ...place, base: "https://us-central1-aiplatform.googleapis.com" })
  const apiKey = VeoForm.apiKey("https://proxy.example.com/google")
  const source = (addresses: VeoForm.Addresses, uri: string) => {
    const found = addresses.source("m", uri)
    return typeof found === "string" ? undefined : [found.url.href, found.credential]
  }

  it("of Vertex AI, from Google's storage with the token, from elsewhere without", () => {
    assert.deepStrictEqual(source(vertex, "gs://bucket/a b/ä.mp4"), [
      "https://storage.googleapis.com/download/storage/v1/b/bucket/o/a%20b%2F%C3%A4.mp4?alt=media",
      true
    ])
    assert.deepStrictEqual(source(vertex, "https://storage.googleapis.com/x"), [
      "https://storage.googleapis.com/x",
      false
    ])
    assert.isUndefined(source(vertex, "gs://Bad Bucket/x"))
    assert.isUndefined(source(vertex, "file:///etc/passwd"))
  })

  it("of another server that speaks for Vertex AI, from the storage that was configured", () => {
    const base = "http://127.0.0.1:8080"
    assert.deepStrictEqual(source(VeoForm.vertex({ ...place, base, storage: `${base}/` }), "gs://bucket/x"), [
      "http://127.0.0.1:8080/download/storage/v1/b/bucket/o/x?alt=media",
      true
    ])
  })

  it("of the API-key form, by the file's id from the configured address", () => {
    const own = ["https://proxy.example.com/google/v1beta/files/f-1:download?alt=media", true]
    const google = "https://generativelanguage.googleapis.com/v1beta/files/f-1:download?alt=media"
    assert.deepStrictEqual(source(apiKey, google), own)
    assert.deepStrictEqual(source(apiKey, "https://proxy.example.com/v1beta/files/f-1"), own)
    assert.deepStrictEqual(source(apiKey, "https://evil.example.net/v1beta/files/f-1"), [
      "https://evil.example.net/v1beta/files/f-1",
      false
    ])
    assert.isUndefined(source(apiKey, "gs://bucket/x"))
  })

  it("of Vertex AI's global location, at its own host", () => {
    assert.strictEqual(VeoForm.vertexBase("global"), "https://aiplatform.googleapis.com")
    assert.strictEqual(VeoForm.vertexBase("europe-west4"), "https://europe-west4-aiplatform.googleapis.com")
  })
})
