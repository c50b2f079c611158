// The language service lies in the workspace's folder of modules, beside a TypeScript that it does not work with yet.
// Whatever it loads of TypeScript is taken from this folder.
const Module = require("node:module")

const resolve = Module._resolveFilename
Module._resolveFilename = (request, parent, ...rest) =>
  /^typescript(\/|$)/.test(request) ? resolve(request, module, ...rest) : resolve(request, parent, ...rest)
