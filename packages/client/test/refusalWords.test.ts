import { assert, describe, it } from "@effect/vitest"
import { isBare } from "../src/internal/bareWords.ts"
import { pageText } from "../src/internal/pageText.ts"

describe("words that say nothing of a job", () => {
  it.each([
    "",
    "Internal Server Error",
    "HTTP 500: internal server error.",
    "400 Bad Request",
    "Error 404 - Not Found",
    "Gateway Time-out",
    "upstream connect error or disconnect/reset before headers",
    "An unexpected error occurred",
    "The service is temporarily unavailable, please try again"
  ])("are those of HTTP and of what is in between: %s", (sentence) => {
    assert.isTrue(isBare(sentence))
  })

  it.each([
    "The image could not be loaded",
    "duration must be 4s, 6s or 8s",
    "CUDA out of memory",
    "The content was flagged",
    "No face was found in the reference image"
  ])("are not those about its request or its run: %s", (sentence) => {
    assert.isFalse(isBare(sentence))
  })
})

describe("the page that comes instead of an answer", () => {
  it.each([
    ["<html>\n<head><title>502 Bad\n Gateway</title></head>", "502 Bad Gateway"],
    ["<h1 class='x'>Login</h1>", "Login"],
    [
      '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>No such key.</Message></Error>',
      "NoSuchKey: No such key."
    ],
    ["<Error><Code>AccessDenied</Code></Error>", "AccessDenied"],
    ["no healthy upstream", "no healthy upstream"],
    ["x".repeat(500), "x".repeat(200)],
    ["<html><body>", ""],
    ['{"detail": "no"}', ""],
    ["[1]", ""],
    ["\0\u0001ftyp", ""],
    ["\uFFFDPNG", ""],
    ["", ""]
  ])("says in a line: %s", (body, line) => {
    assert.strictEqual(pageText(body), line)
  })
})
