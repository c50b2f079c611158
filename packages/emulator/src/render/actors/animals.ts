/**
 * The builds of the four-legged actors.
 */
import { quadruped } from "./quadruped.ts"

export const dog = quadruped({
  size: 0.15,
  coat: "#b9763c",
  legs: 0.6,
  chest: 0.225,
  belly: 0.185,
  head: [0.72, 0.4, 0.155],
  muzzle: [0.24, 0.065],
  ears: "floppy",
  tail: [0.42, 0.4, 0.07, 0.15]
})

export const cat = quadruped({
  size: 0.115,
  coat: "#8d7f76",
  legs: 0.48,
  chest: 0.175,
  belly: 0.18,
  head: [0.66, 0.26, 0.165],
  muzzle: [0.09, 0.05],
  ears: "pointed",
  tail: [0.4, 0.62, 0.045, 0]
})

export const fox = quadruped({
  size: 0.13,
  coat: "#c4622a",
  legs: 0.52,
  chest: 0.175,
  belly: 0.155,
  head: [0.7, 0.26, 0.135],
  muzzle: [0.24, 0.042],
  ears: "pointed",
  tail: [0.78, 0.05, 0.06, 1.1]
})

export const horse = quadruped({
  size: 0.24,
  coat: "#6d4426",
  legs: 0.8,
  chest: 0.25,
  belly: 0.225,
  head: [0.86, 0.66, 0.125],
  muzzle: [0.3, 0.075],
  ears: "pointed",
  tail: [0.28, -0.42, 0.055, 0.5],
  mane: true
})

export const deer = quadruped({
  size: 0.19,
  coat: "#9a6a3e",
  legs: 0.82,
  chest: 0.19,
  belly: 0.17,
  head: [0.68, 0.6, 0.11],
  muzzle: [0.22, 0.05],
  ears: "pointed",
  tail: [0.14, 0.06, 0.05, 0.2],
  antlers: true
})
