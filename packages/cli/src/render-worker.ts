/**
 * The script of the renderer's worker threads, which has to lie beside the bundle. It is exported since a bundler
 * leaves out what nobody uses.
 */
export * as renderWorker from "@mutoscope/emulator/render-worker"
