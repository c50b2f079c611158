/**
 * Workflows as people export them from ComfyUI, with the places that a request fills in.
 */

const loaders = {
  "1": { class_type: "UNETLoader", inputs: { unet_name: "wan2.2.safetensors", weight_dtype: "default" } },
  "2": { class_type: "CLIPLoader", inputs: { clip_name: "umt5_xxl.safetensors", type: "wan" } },
  "3": { class_type: "VAELoader", inputs: { vae_name: "wan_2.1_vae.safetensors" } },
  "4": { class_type: "CLIPTextEncode", inputs: { text: "{{prompt}}", clip: ["2", 0] } },
  "5": { class_type: "CLIPTextEncode", inputs: { text: "{{negative_prompt}}", clip: ["2", 0] } }
}

const size = { width: "{{width}}", height: "{{height}}", length: "{{frames}}", batch_size: 1 }

const sampler = (
  positive: readonly [string, number],
  negative: readonly [string, number],
  latent: string
) => ({
  class_type: "KSampler",
  inputs: {
    model: ["1", 0],
    seed: "{{seed}}",
    steps: 20,
    cfg: 5,
    sampler_name: "uni_pc",
    scheduler: "simple",
    positive,
    negative,
    latent_image: [latent, 0],
    denoise: 1
  }
})

const decoded = { class_type: "VAEDecode", inputs: { samples: ["7", 0], vae: ["3", 0] } }

/** A text becomes a video, which core nodes save. */
export const text = {
  ...loaders,
  "6": { class_type: "EmptyHunyuanLatentVideo", inputs: size },
  "7": sampler(["4", 0], ["5", 0], "6"),
  "8": decoded,
  "9": { class_type: "CreateVideo", inputs: { images: ["8", 0], fps: 16 } },
  "10": {
    class_type: "SaveVideo",
    inputs: { video: ["9", 0], filename_prefix: "video/{{job_id}}", format: "mp4", codec: "h264" }
  }
}

/** An image begins a video, which the nodes of VideoHelperSuite save. */
export const image = {
  ...loaders,
  "6": {
    class_type: "WanImageToVideo",
    inputs: { positive: ["4", 0], negative: ["5", 0], vae: ["3", 0], start_image: ["11", 0], ...size }
  },
  "7": sampler(["6", 0], ["6", 1], "6"),
  "8": decoded,
  "10": {
    class_type: "VHS_VideoCombine",
    inputs: { images: ["8", 0], frame_rate: "{{fps}}", filename_prefix: "wan", format: "video/h264-mp4" }
  },
  "11": { class_type: "LoadImage", inputs: { image: "{{start_image}}" } }
}
