/**
 * Making folders that are not there yet.
 */
import * as fs from "node:fs"
import { dirname } from "node:path"

/**
 * Makes a folder with all that lead to it, unless it is there; throws where it can't. One at a time: asked for all of a
 * path at once, Node never returns where a file system takes no folders, as that of `/proc`.
 */
export const makeFolder = (folder: string, mode = 0o777): void => {
  if (isFolder(folder)) return
  const parent = dirname(folder)
  if (parent !== folder) makeFolder(parent, mode)
  try {
    fs.mkdirSync(folder, mode)
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!isFolder(folder)) throw error
  }
}

const isFolder = (path: string) => fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
