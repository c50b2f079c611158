/**
 * The models that the emulator answers for. All of them are the same renderer; they differ in what is their default.
 *
 * @internal
 */

export interface VeoModel {
  readonly id: string
  readonly title: string
  /** Whether there is sound where the request does not say. */
  readonly audio: boolean
}

const model = (id: string, title: string, audio: boolean): VeoModel => ({ id, title, audio })

export const models: ReadonlyArray<VeoModel> = [
  model("veo-2.0-generate-001", "Veo 2", false),
  model("veo-2.0-generate-exp", "Veo 2 (experimental)", false),
  model("veo-2.0-generate-preview", "Veo 2 (preview)", false),
  model("veo-3.0-generate-001", "Veo 3", true),
  model("veo-3.0-fast-generate-001", "Veo 3 Fast", true),
  model("veo-3.0-generate-preview", "Veo 3 (preview)", true),
  model("veo-3.0-fast-generate-preview", "Veo 3 Fast (preview)", true),
  model("veo-3.1-generate-001", "Veo 3.1", true),
  model("veo-3.1-fast-generate-001", "Veo 3.1 Fast", true),
  model("veo-3.1-generate-preview", "Veo 3.1 (preview)", true),
  model("veo-3.1-fast-generate-preview", "Veo 3.1 Fast (preview)", true),
  model("veo-3.1-lite-generate-preview", "Veo 3.1 Lite (preview)", true),
  model("veo-2.0", "Veo 2", false),
  model("veo-3.0", "Veo 3", true),
  model("veo-3.0-fast", "Veo 3 Fast", true),
  model("veo-3.1", "Veo 3.1", true),
  model("veo-3.1-fast", "Veo 3.1 Fast", true),
  model("emulator", "Procedural preview", true)
]

/** A model as ListModels shows it. */
export const describe = ({ id, title }: VeoModel) => ({
  name: `models/${id}`,
  version: id,
  displayName: `${title} (emulated)`,
  description: "A procedural preview rendered on this machine; no AI model is behind it.",
  supportedGenerationMethods: ["predictLongRunning"]
})
