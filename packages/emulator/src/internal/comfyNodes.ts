/**
 * The nodes that the emulated ComfyUI has: enough for the workflows that make videos of texts and images.
 *
 * @internal
 */

/** What a node takes, and whether what it makes is kept. */
export interface NodeType {
  readonly category: string
  readonly required: { readonly [input: string]: InputType }
  readonly output: ReadonlyArray<string>
  readonly saves?: boolean
}

type InputType =
  | "INT"
  | "FLOAT"
  | "STRING"
  | "COMBO"
  | "IMAGE"
  | "LATENT"
  | "MODEL"
  | "CLIP"
  | "VAE"
  | "VIDEO"
  | "CONDITIONING"

const latent = { width: "INT", height: "INT", length: "INT", batch_size: "INT" } as const
const conditioned = { positive: "CONDITIONING", negative: "CONDITIONING" } as const

/** Each by the name of its class. */
export const nodeTypes: { readonly [name: string]: NodeType } = {
  UNETLoader: { category: "loaders", required: { unet_name: "COMBO" }, output: ["MODEL"] },
  CLIPLoader: { category: "loaders", required: { clip_name: "COMBO", type: "COMBO" }, output: ["CLIP"] },
  VAELoader: { category: "loaders", required: { vae_name: "COMBO" }, output: ["VAE"] },
  CLIPTextEncode: {
    category: "conditioning",
    required: { text: "STRING", clip: "CLIP" },
    output: ["CONDITIONING"]
  },
  EmptyHunyuanLatentVideo: { category: "latent/video", required: latent, output: ["LATENT"] },
  WanImageToVideo: {
    category: "conditioning/video_models",
    required: { ...conditioned, vae: "VAE", ...latent },
    output: ["CONDITIONING", "CONDITIONING", "LATENT"]
  },
  LoadImage: { category: "image", required: { image: "COMBO" }, output: ["IMAGE", "MASK"] },
  KSampler: {
    category: "sampling",
    required: {
      model: "MODEL",
      seed: "INT",
      steps: "INT",
      cfg: "FLOAT",
      sampler_name: "COMBO",
      scheduler: "COMBO",
      ...conditioned,
      latent_image: "LATENT",
      denoise: "FLOAT"
    },
    output: ["LATENT"]
  },
  VAEDecode: { category: "latent", required: { samples: "LATENT", vae: "VAE" }, output: ["IMAGE"] },
  CreateVideo: { category: "image/video", required: { images: "IMAGE", fps: "FLOAT" }, output: ["VIDEO"] },
  SaveVideo: {
    category: "image/video",
    required: { video: "VIDEO", filename_prefix: "STRING", format: "COMBO", codec: "COMBO" },
    output: [],
    saves: true
  },
  VHS_VideoCombine: {
    category: "Video Helper Suite",
    required: { images: "IMAGE", frame_rate: "FLOAT", filename_prefix: "STRING", format: "COMBO" },
    output: ["VHS_FILENAMES"],
    saves: true
  }
}

/** `GET /object_info`. */
export const objectInfo = (only?: string) =>
  Object.fromEntries(
    Object.entries(nodeTypes)
      .filter(([name]) => only === undefined || name === only)
      .map(([name, { category, output, required, saves = false }]) => [
        name,
        {
          name,
          display_name: name,
          description: "",
          category,
          input: {
            required: Object.fromEntries(Object.entries(required).map(([input, type]) => [input, [type]]))
          },
          input_order: { required: Object.keys(required) },
          output,
          output_node: saves
        }
      ])
  )
