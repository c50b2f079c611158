/**
 * From the world to the screen. One world unit is about the height of the frame; the horizon is at world y = 0.
 */
export interface Camera {
  /** World position that is looked at. */
  readonly x: number
  readonly y: number
  readonly zoom: number
  /** Pixels a world unit at zoom 1. */
  readonly scale: number
  /** Screen position, in pixels, of what is looked at. */
  readonly centerX: number
  readonly centerY: number
}

/** How large a world unit is, in pixels, for things of a given nearness (0 far away, 1 at the actors). */
export const unitAt = (camera: Camera, nearness: number): number =>
  camera.scale * (1 + (camera.zoom - 1) * nearness)

export const screenX = (camera: Camera, worldX: number, nearness: number): number =>
  camera.centerX + (worldX - camera.x * nearness) * unitAt(camera, nearness)

export const screenY = (camera: Camera, worldY: number, nearness: number): number =>
  camera.centerY + (worldY - camera.y * nearness) * unitAt(camera, nearness)
