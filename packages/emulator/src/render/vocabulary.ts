/**
 * Which words of a prompt mean what. Words are lower case and in the singular; the planner looks for both forms.
 */

export type Biome =
  | "ocean"
  | "mountains"
  | "city"
  | "forest"
  | "meadow"
  | "desert"
  | "space"
  | "underwater"
  | "abstract"

export type Light = "day" | "sunset" | "dawn" | "night" | "overcast"

export type Weather = "clear" | "rain" | "snow" | "fog" | "storm"

export type Particles = "none" | "fireflies" | "petals" | "embers" | "dust" | "bubbles"

export type ActorKind =
  | "dog"
  | "cat"
  | "fox"
  | "horse"
  | "deer"
  | "person"
  | "birds"
  | "boat"
  | "balloon"
  | "fish"
  | "whale"
  | "jellyfish"
  | "rocket"

const words = (text: string): ReadonlyArray<string> => text.split(" ")

export const BIOMES: Readonly<Record<Biome, ReadonlyArray<string>>> = {
  ocean: words(
    "ocean sea beach wave coast island surf surfer shore sail sailing sailboat boat ship yacht tropical palm bay harbor harbour lagoon seaside lighthouse"
  ),
  mountains: words(
    "mountain alp alps peak summit valley himalaya glacier ridge cliff lake fjord volcano highland hiking hiker waterfall eagle canyonland"
  ),
  city: words(
    "city skyline street tokyo york skyscraper downtown cyberpunk neon urban building traffic metropolis paris london car taxi subway rooftop town shanghai cafe"
  ),
  forest: words(
    "forest wood woods jungle tree pine woodland fern rainforest deer fox bear owl fairy mushroom wolf birch redwood bamboo"
  ),
  meadow: words(
    "meadow park field grass garden flower dog puppy cat kitten horse farm hill countryside picnic child balloon sheep cow retriever corgi butterfly village spring lawn prairie"
  ),
  desert: words("desert dune sahara sand camel canyon mars oasis cactus arid pyramid"),
  space: words(
    "space galaxy planet nebula star astronaut cosmos rocket spaceship spacecraft moon orbit asteroid universe alien comet saturn starship cosmic"
  ),
  underwater: words(
    "underwater coral reef fish whale dolphin jellyfish shark turtle aquarium diver submarine octopus seabed scuba"
  ),
  abstract: words(
    "abstract fluid swirl swirling fractal psychedelic gradient liquid smoke ink particle energy geometric color colour"
  )
}

/** Words that settle the biome, whatever else is mentioned. */
export const DECISIVE: ReadonlyMap<string, Biome> = new Map<string, Biome>([
  ["underwater", "underwater"],
  ["reef", "underwater"],
  ["coral", "underwater"],
  ["whale", "underwater"],
  ["shark", "underwater"],
  ["jellyfish", "underwater"],
  ["city", "city"],
  ["skyline", "city"],
  ["cyberpunk", "city"],
  ["forest", "forest"],
  ["ocean", "ocean"],
  ["sea", "ocean"],
  ["beach", "ocean"],
  ["desert", "desert"],
  ["meadow", "meadow"],
  ["park", "meadow"],
  ["mountain", "mountains"],
  ["space", "space"],
  ["abstract", "abstract"]
])

/** The first that is mentioned wins. */
export const LIGHTS: Readonly<Record<Light, ReadonlyArray<string>>> = {
  night: words("night midnight moonlight moonlit starry cyberpunk nighttime nocturnal"),
  sunset: words("sunset dusk evening twilight sundown"),
  dawn: words("dawn sunrise morning"),
  overcast: words("cloudy overcast gloomy storm stormy rain rainy grey gray thunder"),
  day: words("day sunny noon bright daylight midday afternoon")
}

export const WEATHERS: Readonly<Record<Exclude<Weather, "clear">, ReadonlyArray<string>>> = {
  storm: words("storm stormy thunder lightning thunderstorm hurricane"),
  rain: words("rain rainy raining drizzle downpour"),
  snow: words("snow snowy winter blizzard snowing snowfall snowflake"),
  fog: words("fog foggy mist misty haze hazy")
}

export const PARTICLES: Readonly<Record<Exclude<Particles, "none">, ReadonlyArray<string>>> = {
  fireflies: words("firefly fireflies magic magical fairy enchanted"),
  petals: words("petal cherry blossom sakura leaf leaves autumn confetti"),
  embers: words("fire ember lava volcano campfire spark flame"),
  bubbles: words("bubble"),
  dust: words("dust pollen")
}

export const ACTORS: Readonly<Record<ActorKind, ReadonlyArray<string>>> = {
  dog: words("dog puppy retriever corgi labrador hound husky animal"),
  cat: words("cat kitten kitty feline tabby animal"),
  fox: words("fox wolf coyote animal"),
  horse: words("horse pony stallion mare animal"),
  deer: words("deer stag elk moose fawn animal"),
  person: words(
    "person man woman girl boy child children people hiker walker human traveler traveller astronaut explorer couple lady guy runner knight samurai wizard"
  ),
  birds: words("bird seagull gull eagle crow swallow goose geese flock animal"),
  boat: words("boat ship sail sailing sailboat yacht vessel"),
  balloon: words("balloon airship"),
  fish: words("fish shoal school goldfish clownfish koi animal"),
  whale: words("whale dolphin shark orca animal"),
  jellyfish: words("jellyfish medusa animal"),
  rocket: words("rocket spaceship spacecraft starship shuttle")
}

/** Parts of a picture that a negative prompt can leave out. */
export const FEATURES = {
  clouds: words("cloud"),
  sun: words("sun moon"),
  stars: words("star"),
  trees: words("tree palm"),
  flowers: words("flower"),
  islands: words("island land"),
  caption: words("text caption subtitle word letter watermark title lettering writing")
} satisfies Readonly<Record<string, ReadonlyArray<string>>>

export type Feature = keyof typeof FEATURES

/** Hues, 0..1 round the colour wheel from red. */
export const HUES: ReadonlyMap<string, number> = new Map([
  ["red", 0],
  ["crimson", 0.97],
  ["orange", 0.07],
  ["yellow", 0.15],
  ["lime", 0.25],
  ["green", 0.36],
  ["emerald", 0.4],
  ["teal", 0.48],
  ["turquoise", 0.48],
  ["cyan", 0.52],
  ["azure", 0.57],
  ["blue", 0.6],
  ["indigo", 0.7],
  ["violet", 0.76],
  ["purple", 0.78],
  ["magenta", 0.85],
  ["pink", 0.91],
  ["rose", 0.94]
])
