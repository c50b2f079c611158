/**
 * The colours of the air: one palette a kind of light, tinted by what the prompt asks for.
 */
import { type Color, hex, hsl, mix, type Ramp, rotateHue } from "./color.ts"
import type { Plan } from "./plan.ts"
import type { Random } from "./random.ts"
import type { Light } from "./vocabulary.ts"

export interface Palette {
  /** From the zenith (0) to the horizon (1). */
  readonly sky: Ramp
  readonly sun: Color
  readonly glow: Color
  readonly cloudLit: Color
  readonly cloudDark: Color
  readonly haze: Color
  /** Of silhouettes. */
  readonly dark: Color
  /** How high the sun stands, as a share of the sky above the horizon. */
  readonly sunHeight: number
  readonly glowStrength: number
  /** Radius of the sun in world units; 0 hides it. */
  readonly disc: number
  /** 0..1 */
  readonly stars: number
  /** How much cloud it takes to be seen: higher is clearer. */
  readonly cover: number
  /** 0..1, how brightly the ground is lit. */
  readonly lit: number
}

const sky = (...colors: ReadonlyArray<readonly [number, string]>): Ramp =>
  colors.map(([position, color]) => [position, hex(color)] as const)

const PALETTES: Readonly<Record<Light, Palette>> = {
  sunset: {
    sky: sky([0, "#1b2350"], [0.4, "#5d3a78"], [0.68, "#c9566a"], [0.86, "#f58a4e"], [1, "#ffd28c"]),
    sun: hex("#fff1c4"),
    glow: hex("#ff9a4a"),
    cloudLit: hex("#ffb98a"),
    cloudDark: hex("#4a2e5c"),
    haze: hex("#e8926a"),
    dark: hex("#1a1430"),
    sunHeight: 0.19,
    glowStrength: 0.62,
    disc: 0.055,
    stars: 0.12,
    cover: 0.5,
    lit: 0.75
  },
  dawn: {
    sky: sky([0, "#31619f"], [0.4, "#7ba0cc"], [0.7, "#d9b9c4"], [0.88, "#f9cfae"], [1, "#fff0d2"]),
    sun: hex("#fffbe6"),
    glow: hex("#ffc98c"),
    cloudLit: hex("#ffe3cf"),
    cloudDark: hex("#7d86a8"),
    haze: hex("#e6cfc6"),
    dark: hex("#1d2a3a"),
    sunHeight: 0.3,
    glowStrength: 0.5,
    disc: 0.045,
    stars: 0,
    cover: 0.5,
    lit: 0.9
  },
  day: {
    sky: sky([0, "#145fb8"], [0.45, "#3f94e0"], [0.8, "#93cbf2"], [1, "#e2f1f8"]),
    sun: hex("#ffffff"),
    glow: hex("#fff3cf"),
    cloudLit: hex("#ffffff"),
    cloudDark: hex("#8ba3bf"),
    haze: hex("#c4dcec"),
    dark: hex("#16242c"),
    sunHeight: 0.74,
    glowStrength: 0.4,
    disc: 0.04,
    stars: 0,
    cover: 0.52,
    lit: 1
  },
  night: {
    sky: sky([0, "#040818"], [0.45, "#0b1636"], [0.8, "#1c2d5a"], [1, "#3a4c7c"]),
    sun: hex("#f4f1e0"),
    glow: hex("#8fa6dc"),
    cloudLit: hex("#3c4c7a"),
    cloudDark: hex("#0a112a"),
    haze: hex("#26345c"),
    dark: hex("#050813"),
    sunHeight: 0.7,
    glowStrength: 0.26,
    disc: 0.04,
    stars: 1,
    cover: 0.62,
    lit: 0.42
  },
  overcast: {
    sky: sky([0, "#4d5966"], [0.5, "#78848f"], [0.85, "#a3adb4"], [1, "#c9cdcd"]),
    sun: hex("#e9ecee"),
    glow: hex("#dfe5ea"),
    cloudLit: hex("#c3cad0"),
    cloudDark: hex("#4c5762"),
    haze: hex("#a3adb3"),
    dark: hex("#1c2329"),
    sunHeight: 0.6,
    glowStrength: 0.15,
    disc: 0,
    stars: 0,
    cover: 0.3,
    lit: 0.62
  }
}

const NEON_NIGHT: Partial<Palette> = {
  sky: sky([0, "#070716"], [0.45, "#16123a"], [0.75, "#43205e"], [0.92, "#93366e"], [1, "#d8607a"]),
  haze: hex("#5a2c66"),
  cloudLit: hex("#6a3a78"),
  cloudDark: hex("#120e2c"),
  glow: hex("#ff7ab0")
}

/** The palette of a plan, its hue shifted a little by chance and towards a colour the prompt names. */
export const makePalette = (plan: Plan, random: Random): Palette => {
  const isWet = plan.weather === "storm" || plan.weather === "rain"
  const light = plan.weather === "storm" || (isWet && plan.light !== "night") ? "overcast" : plan.light
  const isNeon = plan.biome === "city" && (plan.neon || plan.light === "night")
  const base: Palette = isNeon ? { ...PALETTES[light], ...NEON_NIGHT } : PALETTES[light]
  const turn = (random() - 0.5) * 0.18
  const tint = (color: Color): Color => tinted(rotateHue(color, turn), plan.hue)
  const cover = isWet ? 0.22 : base.cover + (random() - 0.5) * 0.14
  return {
    ...base,
    sky: base.sky.map(([position, color]) => [position, tint(color)] as const),
    glow: tint(base.glow),
    haze: tint(base.haze),
    cloudLit: tint(base.cloudLit),
    cover: plan.without.includes("clouds") ? 2 : cover,
    disc: plan.without.includes("sun") || isWet ? 0 : base.disc,
    stars: plan.without.includes("stars") || isWet ? 0 : base.stars
  }
}

/** Half way towards a hue, at the same brightness. */
export const tinted = (color: Color, hue: number | null): Color => {
  if (hue === null) return color
  const [, blue, red] = hsl(hue, 0.85, 0.55)
  return mix(color, [color[0], blue, red], 0.45)
}
